"""Makes the recordings: a real client library, a scripted model on loopback, real tools in a temporary directory."""
