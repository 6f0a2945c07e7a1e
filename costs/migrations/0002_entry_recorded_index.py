from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0001_register'),
        ('costs', '0001_ledger'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='costentry',
            index=models.Index(fields=['-recorded_at', '-id'], name='costs_entry_recorded'),
        ),
    ]
