import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.utils import timezone

from costs.seals import seal_all


def seal_the_ledger(apps, schema_editor):
    """What was posted before there were seals is sealed as it stands."""
    entries = apps.get_model("costs", "CostEntry")._base_manager
    seals = apps.get_model("costs", "LedgerSeal")._base_manager
    alias = schema_editor.connection.alias
    seal_all(entries.using(alias), seals.using(alias), timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ('costs', '0005_uploads'),
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerSeal',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='seal', serialize=False, to='costs.costentry')),
                ('number', models.PositiveIntegerField(help_text='Its place in the chain of its line, from 1.')),
                ('sealed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seal', models.CharField(help_text='SHA-256, by costs.seals.', max_length=64)),
                ('line', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='seals', to='costs.costline')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('line', 'number'), name='costs_ledgerseal_number')],
            },
        ),
        migrations.RunPython(seal_the_ledger, migrations.RunPython.noop),
    ]
