"""`python -m wsinspect` is the console script."""

from wsinspect.cli import main

if __name__ == "__main__":
    main()
