"""The distribution `presensi-kiosk`: the terminal, the enrolment tool and the reference e-TPP server.

`face_recognition` and its models are not in `install_requires`: they ask for the source package `dlib`, which
compiles for over ten minutes, while `dlib-bin` is the same library as a wheel. `requirements/face.txt` installs them
with --no-deps (docs/decisions/0002).
"""

from setuptools import find_packages, setup

setup(
    name="presensi-kiosk",
    version="0.1.0",
    description="Face attendance terminal for Indonesian civil servants, and its link to e-TPP",
    python_requires=">=3.11",
    packages=find_packages(include=["kiosk*", "enrollment*", "etpp*", "demo*"]),
    package_data={
        "kiosk": ["default.toml", "py.typed"],
        "kiosk.measure.identification": ["label_errors.toml"],
        "kiosk.scores": ["fpir_table*.json"],
        "kiosk.ui": ["*.kv", "locale/*/LC_MESSAGES/*.po", "fonts/*"],
        "etpp": [
            "*/templates/*",
            "*/locale/*/LC_MESSAGES/*.po",
            "console/static/*",
            "db/migrations/*",
            "db/migrations/versions/*",
            "absence/kinds.toml",
            "allowance/policies/*.toml",
            "presence/discipline.toml",
            "phone/static/*",
        ],
        "enrollment": ["i18n/*.toml"],
    },
    install_requires=[
        "dlib-bin>=20.0",
        "numpy>=1.26",
        "pillow>=10",
        "click>=8.1",  # face_recognition's own requirement, and the three commands' parser
        "setuptools<81",  # face_recognition_models imports pkg_resources
        "opencv-python-headless>=4.10",
        "onnxruntime>=1.19",
        "onnx>=1.17",
        "kivy>=2.3.1",
        "requests>=2.32",
        "urllib3>=2.2",  # its read1() keeps what came before a cut
        "tinydb>=4.8",
        "gpiozero>=2.0",
        "pydantic>=2.9",
        "rfc8785>=0.1.4",
        "cryptography>=43",
        "http-message-signatures>=2.0",
        "tzdata>=2024.1",
        "babel>=2.16",  # texts in gettext's form; on the server also dates and numbers in words
        "argon2-cffi>=23.1",  # PINs; on the server also passwords
        "segno>=1.6",  # QR codes: for a phone, for a new terminal, of a second factor
    ],
    extras_require={
        "server": [
            "fastapi>=0.115",
            "uvicorn>=0.32",
            "sqlalchemy>=2.0.36",
            "alembic>=1.14",
            "jinja2>=3.1",
            "psycopg[binary]>=3.2",
            "pyotp>=2.9",  # the second factor's codes
            "webauthn>=2.5",  # passkeys
            "holidays>=0.60",
            "hijridate>=2.3",
            "python-calamine>=0.9",  # XLSX and XLS in
            "XlsxWriter>=3.2",  # XLSX out
            "weasyprint>=63",  # PDF; Debian's libpango beside it
        ],
        "evaluate": ["matplotlib>=3.9"],
        "demo": ["scikit-image>=0.25", "scikit-video>=1.1.11"],
        "dev": [
            "pytest>=8.3",
            "hypothesis>=6.120",
            "openapi-spec-validator>=0.7",
            "schemathesis>=4.0",  # calls made from docs/openapi.json
            "cosmic-ray>=8.7",  # `make mutants`
            "mypy>=1.13",
            "ruff>=0.8",
            "import-linter>=2.1",
            "types-requests",
            "matplotlib>=3.9",
            "pre-commit>=4.0",
            "pytest-xdist>=3.6",
            "grimp>=3.0",  # which modules a page reaches
            "axe-playwright-python>=0.1.4",  # the rules of accessibility that pages are held to (axe-core)
            "playwright>=1.49",  # drives the distribution's Chromium; it fetches no browser by itself
        ],
    },
    entry_points={
        "console_scripts": [
            "kiosk = kiosk.__main__:main",
            "enroll = enrollment.cli:main",
            "etpp = etpp.__main__:main",
        ]
    },
)
