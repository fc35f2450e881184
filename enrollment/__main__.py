"""`python -m enrollment` is `enroll`."""

from enrollment.cli import main

if __name__ == "__main__":
    main()
