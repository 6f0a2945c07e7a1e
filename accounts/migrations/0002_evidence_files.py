from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='FileCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checked_at', models.DateTimeField()),
                ('files', models.PositiveIntegerField(help_text='Files that should be there.')),
                ('missing', models.JSONField(default=list, help_text='Not there, or not to be read.')),
                ('broken', models.JSONField(default=list, help_text='Other bytes than were stored.')),
                ('orphans', models.JSONField(default=list, help_text='Bytes that no row names.')),
            ],
            options={
                'default_permissions': (),
            },
        ),
    ]
