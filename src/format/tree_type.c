#include "tree.h"

const char *
tree_type_name(enum tree_type type)
{
    static const char *const names[] = {
        [TREE_FILE] = "file",
        [TREE_DIRECTORY] = "directory",
        [TREE_SYMLINK] = "symlink",
        [TREE_FIFO] = "fifo",
        [TREE_SOCKET] = "socket",
        [TREE_CHARACTER_DEVICE] = "character-device",
        [TREE_BLOCK_DEVICE] = "block-device",
        [TREE_HARD_LINK] = "hard-link",
    };

    return names[type];
}
