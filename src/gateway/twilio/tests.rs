//! Tests of the client against a server on a socket.
