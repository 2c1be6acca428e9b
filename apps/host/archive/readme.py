"""What lies in each archive for whoever has nothing but the archive."""

from __future__ import annotations

README = """\
This archive is a backup of one web site. It can be restored without the panel that made it.

1. If its name ends in .age, unlock it with the key that it was locked for (https://age-encryption.org):

       age --decrypt --identity KEYFILE ARCHIVE.tar.gz.age > ARCHIVE.tar.gz

2. Unpack it:

       tar --extract --gzip --no-same-owner --file ARCHIVE.tar.gz

3. Load a database into an empty one, for each that lies in "database". Views and triggers belong to an account of the
   database's own name, so that it must be there:

       mariadb --execute "CREATE DATABASE NAME; GRANT ALL ON NAME.* TO NAME@localhost IDENTIFIED BY 'a password'"
       cat database/NAME.sql.* | mariadb --sandbox --binary-mode --comments NAME

4. Put files/public where the web server looks for the site, and files/private beside it; give both to the site's user.

manifest.json tells what the site was: its kind, its domains, the versions of PHP and MariaDB.
index.json tells where in the archive each file begins, and what its SHA-256 is.
"""
