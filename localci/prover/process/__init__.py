"""One command: started, bounded in time and output, held apart, ended with all it left."""
