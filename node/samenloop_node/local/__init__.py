"""What the program does by itself, without the running node: explain, measure a profile, check a configuration."""
