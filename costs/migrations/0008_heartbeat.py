from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('costs', '0007_credits_received'),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('job', models.CharField(max_length=30, primary_key=True, serialize=False)),
                ('beat_at', models.DateTimeField()),
            ],
        ),
    ]
