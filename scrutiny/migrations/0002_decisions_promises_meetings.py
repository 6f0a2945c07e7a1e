import datetime as dt
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def say_how_promises_are_due(apps, schema_editor):
    """Promises of before: due on their date, else by the event they name, else in due course."""
    promises = apps.get_model('scrutiny', 'Promise')._base_manager
    promises.filter(due_on__isnull=False).update(due_kind='date')
    undated = promises.filter(due_on__isnull=True).exclude(due_words='')
    undated.exclude(due_words__icontains='due course').update(due_kind='event')


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0001_register'),
        ('incidents', '0002_drafts_of_reports'),
        ('scrutiny', '0001_scrutiny'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Meeting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('restriction', models.CharField(choices=[('open', 'Open'), ('exempt', 'Exempt'), ('confidential', 'Confidential')], default='open', help_text='Open unless an officer has decided that the public may not see it.', max_length=12)),
                ('exempt_paragraph', models.PositiveSmallIntegerField(blank=True, choices=[(1, '1: any individual'), (2, '2: the identity of an individual'), (3, '3: financial or business affairs'), (4, '4: labour relations'), (5, '5: legal professional privilege'), (6, '6: notices and orders'), (7, '7: preventing or prosecuting crime')], help_text='For an exempt record: the paragraph of Schedule 12A that makes it exempt.', null=True)),
                ('negotiation_terms', models.BooleanField(default=False, help_text='It gives terms proposed in negotiating a contract; members do not see these.')),
                ('restriction_reason', models.TextField(blank=True, help_text='Why the public interest in keeping it back outweighs that in showing it.')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('held_on', models.DateField(verbose_name='date')),
                ('held_precision', models.CharField(choices=[('day', 'to the day'), ('month', 'to the month'), ('year', 'to the year')], default='day', help_text='How much of the date the source gives.', max_length=5)),
                ('held_year_inferred', models.BooleanField(default=False, help_text="The source names no year; it was inferred from the source's own date.")),
                ('title', models.CharField(blank=True, help_text='Empty for an ordinary meeting of the body.', max_length=200)),
                ('place', models.CharField(blank=True, max_length=150)),
                ('cancelled', models.BooleanField(default=False, help_text='It does not take place.')),
                ('note', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-held_on', '-pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PromiseChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded at')),
                ('kind', models.CharField(choices=[('given', 'Date given'), ('moved', 'Date moved'), ('reworded', 'Words put right'), ('closed', 'Closed'), ('reopened', 'Opened again')], max_length=8)),
                ('reason', models.TextField(help_text='Why; of a closed promise, what shows that it is so.')),
                ('changed_on', models.DateField(blank=True, null=True)),
                ('changed_precision', models.CharField(choices=[('day', 'to the day'), ('month', 'to the month'), ('year', 'to the year')], default='day', help_text='How much of the date the source gives.', max_length=5)),
                ('changed_year_inferred', models.BooleanField(default=False, help_text="The source names no year; it was inferred from the source's own date.")),
                ('said_by', models.CharField(help_text='Who moved it or gave the date; by role unless in public.', max_length=150)),
                ('was_due_on', models.DateField(blank=True, null=True)),
                ('was_due_precision', models.CharField(choices=[('day', 'to the day'), ('month', 'to the month'), ('year', 'to the year')], default='day', help_text='How much of the date the source gives.', max_length=5)),
                ('was_due_year_inferred', models.BooleanField(default=False, help_text="The source names no year; it was inferred from the source's own date.")),
                ('was_due_words', models.CharField(blank=True, max_length=150)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('due_precision', models.CharField(choices=[('day', 'to the day'), ('month', 'to the month'), ('year', 'to the year')], default='day', help_text='How much of the date the source gives.', max_length=5)),
                ('due_year_inferred', models.BooleanField(default=False, help_text="The source names no year; it was inferred from the source's own date.")),
                ('due_words', models.CharField(blank=True, max_length=150)),
                ('was_status', models.CharField(choices=[('open', 'Open'), ('kept', 'Kept'), ('partly', 'Partly kept'), ('broken', 'Broken'), ('superseded', 'Superseded')], max_length=10)),
                ('status', models.CharField(choices=[('open', 'Open'), ('kept', 'Kept'), ('partly', 'Partly kept'), ('broken', 'Broken'), ('superseded', 'Superseded')], max_length=10)),
                ('was_words', models.TextField()),
                ('words', models.TextField()),
            ],
            options={
                'ordering': ['recorded_at', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='decision',
            name='is_key',
            field=models.BooleanField(blank=True, help_text="As the cabinet's notice says; empty if not known and in committee years.", null=True, verbose_name='key decision'),
        ),
        migrations.AddField(
            model_name='decision',
            name='other_contracts',
            field=models.ManyToManyField(blank=True, help_text='Contracts that it bears on besides.', related_name='decisions_touching', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='promise',
            name='closed_on',
            field=models.DateField(blank=True, help_text='The day it was kept, broken or replaced; empty while open or if not known.', null=True),
        ),
        migrations.AddField(
            model_name='promise',
            name='due_kind',
            field=models.CharField(choices=[('date', 'On a date'), ('event', 'By an event'), ('course', 'In due course, or nothing said')], default='course', editable=False, max_length=6, verbose_name='due'),
        ),
        migrations.AlterField(
            model_name='decision',
            name='kind',
            field=models.CharField(choices=[('delegated', 'Officer delegated powers report'), ('resolution', 'Committee resolution'), ('motion', 'Motion'), ('amendment', 'Amendment'), ('council', 'Full council resolution'), ('urgency', 'Urgency committee resolution'), ('cabinet', 'Cabinet decision'), ('member', 'Cabinet member decision')], max_length=10),
        ),
        migrations.RunPython(say_how_promises_are_due, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('is_key__isnull', True), ('taken_on__isnull', True), models.Q(('taken_precision', 'day'), _negated=True), ('taken_on__lt', dt.date(2014, 6, 3)), ('taken_on__gt', dt.date(2023, 5, 23)), _connector='OR'), name='scrutiny_decision_key_under_cabinet', violation_error_message='In committee years no decision is a key decision.'),
        ),
        migrations.AddConstraint(
            model_name='promise',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_kind', 'date'), ('due_on__isnull', False)), models.Q(models.Q(('due_kind', 'event'), ('due_on__isnull', True)), models.Q(('due_words', ''), _negated=True)), models.Q(('due_kind', 'course'), ('due_on__isnull', True)), _connector='OR'), name='scrutiny_promise_due_as_it_says', violation_error_message='Say by which day, by which event, or neither.'),
        ),
        migrations.AddConstraint(
            model_name='promise',
            constraint=models.CheckConstraint(condition=models.Q(('closed_on__isnull', True), models.Q(('status', 'open'), _negated=True), _connector='OR'), name='scrutiny_promise_open_is_not_closed', violation_error_message='A promise that is open has no day of closing.'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='body',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='meetings', to='scrutiny.body'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='contracts',
            field=models.ManyToManyField(blank=True, related_name='meetings', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='papers',
            field=models.ForeignKey(blank=True, help_text='Its agenda or minutes; empty while there are none.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.source'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='promises',
            field=models.ManyToManyField(blank=True, related_name='meetings', to='scrutiny.promise'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='recorded_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.AddField(
            model_name='promisechange',
            name='promise',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='scrutiny.promise'),
        ),
        migrations.AddField(
            model_name='promisechange',
            name='recorded_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.AddField(
            model_name='promisechange',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.source'),
        ),
        migrations.AddField(
            model_name='promisechange',
            name='superseded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supersedes', to='scrutiny.promise'),
        ),
        migrations.AddIndex(
            model_name='meeting',
            index=models.Index(fields=['held_on'], name='scrutiny_meeting_held_on'),
        ),
        migrations.AddConstraint(
            model_name='meeting',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('exempt_paragraph__isnull', False), ('restriction', 'exempt')), models.Q(models.Q(('restriction', 'exempt'), _negated=True), ('exempt_paragraph__isnull', True)), _connector='OR'), name='scrutiny_meeting_exempt_has_paragraph', violation_error_message='An exempt record names its paragraph of Schedule 12A; others name none.'),
        ),
        migrations.AddConstraint(
            model_name='meeting',
            constraint=models.CheckConstraint(condition=models.Q(('restriction', 'open'), models.Q(('restriction_reason', ''), _negated=True), _connector='OR'), name='scrutiny_meeting_restriction_has_reason', violation_error_message='Say why this record is kept back.'),
        ),
        migrations.AddConstraint(
            model_name='meeting',
            constraint=models.UniqueConstraint(fields=('body', 'held_on', 'title'), name='scrutiny_meeting_once', violation_error_message='A meeting of this body on this day is not available. Give it a title that tells it apart.'),
        ),
        migrations.AddConstraint(
            model_name='promisechange',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='scrutiny_promisechange_has_reason', violation_error_message='Say why.'),
        ),
        migrations.AddConstraint(
            model_name='promisechange',
            constraint=models.CheckConstraint(condition=models.Q(('superseded_by__isnull', True), models.Q(('superseded_by', models.F('promise')), _negated=True), _connector='OR'), name='scrutiny_promisechange_not_by_itself', violation_error_message='A promise is not superseded by itself.'),
        ),
        migrations.AddConstraint(
            model_name='promisechange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'superseded'), ('superseded_by__isnull', False)), models.Q(models.Q(('status', 'superseded'), _negated=True), ('superseded_by__isnull', True)), models.Q(('kind', 'closed'), _negated=True), _connector='OR'), name='scrutiny_promisechange_superseded_names_it', violation_error_message='Name the promise that took its place, of those alone.'),
        ),
    ]
