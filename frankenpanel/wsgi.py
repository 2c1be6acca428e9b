from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frankenpanel.settings")
application = get_wsgi_application()

# Loaded once, before gunicorn forks: what the collector never looks at again stays shared by all of its processes
gc.collect()
gc.freeze()
