/* The flags of an inode that a tree keeps: those that chattr(1) sets, by the kernel's numbers (FS_IOC_GETFLAGS). What a
 * filesystem notes there for itself (encrypted, verity, extents, index, inline data ...) is not to be carried into
 * another one. docs/FORMAT.md, "Flags". */
#ifndef TREE_FLAGS_H
#define TREE_FLAGS_H

enum tree_flag {
    TREE_FLAG_ERASE = 0x00000001,        /* chattr's s */
    TREE_FLAG_UNDELETE = 0x00000002,     /* u */
    TREE_FLAG_COMPRESS = 0x00000004,     /* c */
    TREE_FLAG_SYNC = 0x00000008,         /* S */
    TREE_FLAG_IMMUTABLE = 0x00000010,    /* i */
    TREE_FLAG_APPEND = 0x00000020,       /* a */
    TREE_FLAG_NO_DUMP = 0x00000040,      /* d */
    TREE_FLAG_NO_ATIME = 0x00000080,     /* A */
    TREE_FLAG_NO_COMPRESS = 0x00000400,  /* m */
    TREE_FLAG_JOURNAL_DATA = 0x00004000, /* j */
    TREE_FLAG_NO_TAIL = 0x00008000,      /* t */
    TREE_FLAG_DIR_SYNC = 0x00010000,     /* D */
    TREE_FLAG_TOP_DIR = 0x00020000,      /* T */
    TREE_FLAG_NO_COW = 0x00800000,       /* C */
    TREE_FLAG_DAX = 0x02000000,          /* x */
    TREE_FLAG_PROJ_INHERIT = 0x20000000, /* P */
    TREE_FLAG_CASE_FOLD = 0x40000000,    /* F */
};

#define TREE_FLAGS                                                                                                     \
    (TREE_FLAG_ERASE | TREE_FLAG_UNDELETE | TREE_FLAG_COMPRESS | TREE_FLAG_SYNC | TREE_FLAG_IMMUTABLE |                \
     TREE_FLAG_APPEND | TREE_FLAG_NO_DUMP | TREE_FLAG_NO_ATIME | TREE_FLAG_NO_COMPRESS | TREE_FLAG_JOURNAL_DATA |      \
     TREE_FLAG_NO_TAIL | TREE_FLAG_DIR_SYNC | TREE_FLAG_TOP_DIR | TREE_FLAG_NO_COW | TREE_FLAG_DAX |                   \
     TREE_FLAG_PROJ_INHERIT | TREE_FLAG_CASE_FOLD)

#endif
