from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from barnetwatch.pages import signing
from barnetwatch.pages.passwords import AskForm, NewPasswordForm
from barnetwatch.probes import livez, readyz

# The link in the mail leads to the site's own address, never to the one that the
# request named: that is the sender's to choose.
SITE = urlsplit(settings.SITE_URL)
HOURS = {"hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
RESET_MAIL = {
    "domain": SITE.netloc,
    "site_name": "BarnetWatch",
    "protocol": SITE.scheme,
    **HOURS,
}

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    # The sign-in page links to `admin_password_reset` by that name.
    path(
        "password-reset/",
        auth.PasswordResetView.as_view(
            form_class=AskForm, extra_email_context=RESET_MAIL, title="Set a new password"
        ),
        name="admin_password_reset",
    ),
    path(
        "password-reset/sent/",
        auth.PasswordResetDoneView.as_view(title="Check your mail", extra_context=HOURS),
        name="password_reset_done",
    ),
    path(
        "password-reset/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(
            form_class=NewPasswordForm, title="Set a new password", extra_context=HOURS
        ),
        name="password_reset_confirm",
    ),
    path(
        "password-reset/done/",
        auth.PasswordResetCompleteView.as_view(title="Your new password is set"),
        name="password_reset_complete",
    ),
    *signing.addresses(),
    path("", include("digests.urls")),
    path("", admin.site.urls),
    # The name by which allauth knows the one sign-in.
    path("back-office/login/", admin.site.login, name="account_login"),
]

handler400 = "barnetwatch.pages.errors.bad_request"
handler403 = "barnetwatch.pages.errors.not_allowed"
handler404 = "barnetwatch.pages.errors.not_found"
handler500 = "barnetwatch.pages.errors.broken"
