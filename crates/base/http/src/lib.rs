//! The one HTTP server and the one HTTP client: sockets, the route table, bodies, compression, CORS, Host and Origin rules
