/* An extension of SQLite that registers a VFS called "shim": the default one under another name. */
#include "sqlite3ext.h"
SQLITE_EXTENSION_INIT1

static sqlite3_vfs shim;

int sqlite3_shim_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api);
  if (shim.zName == 0) {
    shim = *sqlite3_vfs_find(0);
    shim.zName = "shim";
    shim.pNext = 0;
  }
  int result = sqlite3_vfs_register(&shim, 0);
  return result == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : result;
}
