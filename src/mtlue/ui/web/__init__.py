"""What a browser talks to: the server on this machine, its pages, uploads and files."""
