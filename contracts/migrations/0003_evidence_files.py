import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0002_service_credits'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SourceFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('restriction', models.CharField(choices=[('open', 'Open'), ('exempt', 'Exempt'), ('confidential', 'Confidential')], default='open', help_text='Open unless an officer has decided that the public may not see it.', max_length=12)),
                ('exempt_paragraph', models.PositiveSmallIntegerField(blank=True, choices=[(1, '1: any individual'), (2, '2: the identity of an individual'), (3, '3: financial or business affairs'), (4, '4: labour relations'), (5, '5: legal professional privilege'), (6, '6: notices and orders'), (7, '7: preventing or prosecuting crime')], help_text='For an exempt record: the paragraph of Schedule 12A that makes it exempt.', null=True)),
                ('negotiation_terms', models.BooleanField(default=False, help_text='It gives terms proposed in negotiating a contract; members do not see these.')),
                ('restriction_reason', models.TextField(blank=True, help_text='Why the public interest in keeping it back outweighs that in showing it.')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(editable=False, help_text='As it was called; a text, never a path.', max_length=255)),
                ('kind', models.CharField(editable=False, help_text='Such as pdf.', max_length=4)),
                ('size', models.BigIntegerField(editable=False, help_text='In bytes.')),
                ('sha256', models.CharField(editable=False, help_text='Of its bytes.', max_length=64)),
                ('description', models.CharField(help_text='What it is and what it shows, in a few words.', max_length=250)),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawn_reason', models.TextField(blank=True, editable=False)),
                ('is_destroyed', models.BooleanField(default=False, editable=False, help_text='Its bytes were destroyed too.')),
                ('recorded_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='contracts.source')),
                ('withdrawn_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'file of a source',
                'verbose_name_plural': 'files of sources',
                'ordering': ['recorded_at', 'pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('exempt_paragraph__isnull', False), ('restriction', 'exempt')), models.Q(models.Q(('restriction', 'exempt'), _negated=True), ('exempt_paragraph__isnull', True)), _connector='OR'), name='contracts_sourcefile_exempt_has_paragraph', violation_error_message='An exempt record names its paragraph of Schedule 12A; others name none.'), models.CheckConstraint(condition=models.Q(('restriction', 'open'), models.Q(('restriction_reason', ''), _negated=True), _connector='OR'), name='contracts_sourcefile_restriction_has_reason', violation_error_message='Say why this record is kept back.'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_reason', ''), _negated=True)), _connector='OR'), name='contracts_sourcefile_withdrawn_with_reason', violation_error_message='Say why the file is withdrawn.'), models.CheckConstraint(condition=models.Q(('is_destroyed', False), ('withdrawn_at__isnull', False), _connector='OR'), name='contracts_sourcefile_destroyed_when_withdrawn')],
            },
        ),
    ]
