namespace ixian {}
