from pathlib import Path

APP_DIR = Path(__file__).resolve().parents[3]

# For development. What is deployed has settings of its own.
DEBUG = True
SECRET_KEY = "for development"
ALLOWED_HOSTS = ["*"]

ROOT_URLCONF = "webapp.urls"
INSTALLED_APPS = ["django.contrib.staticfiles"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/tmp/webapp.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What webpack compiles.
STATIC_URL = "static/"
STATICFILES_DIRS = [APP_DIR / "compiled_static"]
