from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_append_only'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='auditrow',
            options={'ordering': ['-id'], 'verbose_name': 'entry', 'verbose_name_plural': 'audit log'},
        ),
    ]
