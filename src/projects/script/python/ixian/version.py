import _ixian

VERSION = _ixian.VERSION
