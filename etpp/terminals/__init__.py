"""The terminals: provisioning, signed requests, heartbeats, the server's keys, the gallery."""
