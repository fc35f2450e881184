"""The console: plain pages made on the server, in Indonesian with an English switch."""
