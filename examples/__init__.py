"""Sessions recorded by this project, and the recorder that makes them again."""
