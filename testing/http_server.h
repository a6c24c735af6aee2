// (to be written) A scripted HTTP/1.1 server for tests; see the API in the brief.
