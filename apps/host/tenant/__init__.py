"""The program that works on a site's files as the site's own user. It travels as one text, which ``one_text`` makes.

That text goes to a bare interpreter (``python -I -S -c``), so that no path of the panel must be readable by a site's
user; for the same reason these modules need nothing but the standard library and one another. Whatever lies below a
site's folder may be a trap. So every component of a path is opened by itself and never through a link, and what the
site's user could not do by hand is not done here either.

    write FOLDER RELATIVE MODE      standard input becomes the file, whole or not at all
    read FOLDER RELATIVE LIMIT      the file, at most LIMIT bytes long, to standard output
    send FOLDER RELATIVE OFFSET     prints the file's size in a line, and then the file from OFFSET on
    receive FOLDER RELATIVE NEEDED  standard input becomes "RELATIVE.part"; the disk has room for NEEDED bytes
    settle FOLDER RELATIVE          "RELATIVE.part" gets its name; prints its size
    remove FOLDER RELATIVE          neither the file nor its ".part" is there afterwards
    tail FOLDER NAME LIMIT          the last LIMIT bytes of the file to standard output; none where there is no file
    rotate FOLDER NAME LIMIT KEEP   a file of more than LIMIT bytes becomes NAME.1, and the older ones move on
    is-file, is-folder FOLDER RELATIVE  prints "yes" or "no"; "other" where no file is what stands there
    folder FOLDER RELATIVE MODE     the folder, and those between, are there afterwards
    copy FOLDER RELATIVE SOURCE     the tree SOURCE goes into the folder; prints "DONE TOTAL" in bytes
    unit SITE ASIDE RELATIVE        prints how many names of RELATIVE lead to what is to be moved, and its number
    exchange SITE ASIDE RELATIVE NUMBER  what has that number lies in SITE afterwards, and what lay there in ASIDE
    empty FOLDER...                 nothing is left in each of the folders
    size FOLDER...                  prints how many bytes they take, as far as that can be counted
    end                             kills every process of the user it runs as

What goes wrong is one sentence, after "! " on standard error, and code 3; code 4 if it may pass.
"""
