"""Archives of sites: written, opened, verified and unpacked. Files and programs alone: no records, no settings.

What the lifecycles use, by steps (``host.archives`` is `archives.Archives`)::

    key = keys.new_key()                      # key.identity is to be sealed, key.recipient is no secret
    content = Content(manifest, recipients, {name: host.dumps.export(login, waiting)}, SiteTree(owner, folder))
    written = host.archives.write(slug, file, content, waiting, told)      # Backup Creation 3 to 8
    host.archives.discard(slug, file)                                     # its undo
    host.archives.sha256(slug, file)                                      # what needs no key

    with host.archives.opened(slug, file, [keys.read_key(identity)]) as archive:   # Restore 2
        archive.verify()                                                  # every member, (entries, bytes)
        archive.index.entries(), archive.index.below("files/public/uploads"), archive.index.find(path)
        archive.content(archive.find("files/public/index.php"))           # one file
        archive.manifest()
        StoredDump(archive, name).sql(), .tables_sql({"posts"}), .tables()  # for host.dumps.load
        in_shares(dump, 2), dump.code_sql()     # the same by two connections, in half the time; the code last
        unpack_tree(archive.members(), owner, host.places.site(aside), within("files"), waiting, told)

    host.files.make_site(aside, owner)                # before unpack_tree: a folder like the site's own, beside it
    coming = host.files.number_of(aside, "private")   # keep it in the memo, then
    host.files.exchange(slug, aside, "private", coming)                   # and back: exchange(aside, slug, …)
    host.files.remove_site(aside, owner)

Elsewhere than on this machine: whatever has ``size`` and ``read_at(offset, length)`` is a source for ``Archive``, and
``forward.members_of(chunks, keys)`` reads what can only be read once, or was not made by a panel.

*waiting* is called about once a second while nothing flows, *told* with bytes as they pass: each may raise, which ends
the children and leaves no part of an archive. Errors, all of them `Refused`: `Damaged` (cut, changed, of two pieces),
`Locked` (no key fits), `Hostile` (what no site's archive holds), with a sentence; `Unavailable` where it may pass, as
when the database server is away. A folder that an unpacking failed in is thrown away by ``remove_site``.

Threads and children are nice: visitors come first. One backup takes about 70 MB of memory, a restore 80.
A tree is read and made by a child with the site's uid; only its bytes come here (`site_tree.py`, `unpacking.py`).
"""
