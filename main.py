"""The original project's command line: `python main.py --multi_label --data_dir DIR ...`."""

import sys

try:
    from heartprobe.cli.original import main
except ModuleNotFoundError as error:
    sys.exit(
        f"main.py: {error}. Install heartprobe first (`pip install -c constraints.txt .`), or use the Python that "
        "`make demo` set up: .venv/bin/python main.py"
    )

if __name__ == "__main__":
    main()
