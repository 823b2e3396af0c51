"""`python -m heartprobe`: the command line, where its script is not on the path."""

from heartprobe.cli.app import main

if __name__ == "__main__":
    main()
