"""Where the pages keep their work, and the folders that they may show. Imports nothing heavy."""
