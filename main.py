"""The original project's command line: `python main.py --multi_label --data_dir DIR ...`."""

from heartprobe.cli.original import main

if __name__ == "__main__":
    main()
