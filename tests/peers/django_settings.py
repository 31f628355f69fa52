"""Settings of the tests' Django project."""

from __future__ import annotations

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "tests.peers.django_project"
SECRET_KEY = "nothing here is secret"
INSTALLED_APPS = ["channels"]
