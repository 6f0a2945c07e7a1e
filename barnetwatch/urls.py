from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from barnetwatch.probes import livez

# The link in the mail leads to the site's own address, never to the one that the
# request named: that is the sender's to choose.
SITE = urlsplit(settings.SITE_URL)
RESET_MAIL = {"domain": SITE.netloc, "site_name": "BarnetWatch", "protocol": SITE.scheme}

urlpatterns = [
    path("livez", livez, name="livez"),
    # The sign-in page links to `admin_password_reset` by that name.
    path(
        "password-reset/",
        auth.PasswordResetView.as_view(extra_email_context=RESET_MAIL),
        name="admin_password_reset",
    ),
    path("password-reset/sent/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password-reset/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password-reset/done/",
        auth.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
    path("", include("digests.urls")),
    path("", admin.site.urls),
]
