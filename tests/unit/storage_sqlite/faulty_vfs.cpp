#include "tests/unit/storage_sqlite/faulty_vfs.hpp"

#include <sqlite3.h>

#include <cstring>
#include <memory>
#include <stdexcept>

namespace chartroom::storage {
namespace {

constexpr const char* kName = "faulty";

// SQLite's callbacks carry no pointer of ours, so the state has to stand here.
std::atomic<DiskFault> g_fault{DiskFault::none};
std::atomic<int> g_strikes{0};

struct File {
    sqlite3_file base;
    bool is_wal;
    sqlite3_file* real;  // in the space behind
};

sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<File*>(file)->real;
}
bool is_wal(sqlite3_file* file) {
    return reinterpret_cast<File*>(file)->is_wal;
}
sqlite3_vfs* system_vfs(sqlite3_vfs* vfs) {
    return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

int strike(int rc) {
    ++g_strikes;
    return rc;
}

int on_close(sqlite3_file* f) {
    const int rc = real(f)->pMethods->xClose(real(f));
    f->pMethods = nullptr;
    return rc;
}
int on_read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
    return real(f)->pMethods->xRead(real(f), to, n, at);
}
int on_write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
    if (is_wal(f) && g_fault == DiskFault::full) return strike(SQLITE_FULL);
    if (is_wal(f) && g_fault == DiskFault::short_write) {
        const int rc = real(f)->pMethods->xWrite(real(f), from, n / 2, at);
        return rc != SQLITE_OK ? rc : strike(SQLITE_IOERR_WRITE);
    }
    return real(f)->pMethods->xWrite(real(f), from, n, at);
}
int on_truncate(sqlite3_file* f, sqlite3_int64 size) {
    return real(f)->pMethods->xTruncate(real(f), size);
}
int on_sync(sqlite3_file* f, int flags) {
    if (is_wal(f) && g_fault == DiskFault::failed_sync) return strike(SQLITE_IOERR_FSYNC);
    return real(f)->pMethods->xSync(real(f), flags);
}
int on_size(sqlite3_file* f, sqlite3_int64* size) {
    return real(f)->pMethods->xFileSize(real(f), size);
}
int on_lock(sqlite3_file* f, int level) {
    return real(f)->pMethods->xLock(real(f), level);
}
int on_unlock(sqlite3_file* f, int level) {
    return real(f)->pMethods->xUnlock(real(f), level);
}
int on_check(sqlite3_file* f, int* held) {
    return real(f)->pMethods->xCheckReservedLock(real(f), held);
}
int on_control(sqlite3_file* f, int op, void* arg) {
    return real(f)->pMethods->xFileControl(real(f), op, arg);
}
int on_sector(sqlite3_file* f) {
    return real(f)->pMethods->xSectorSize(real(f));
}
int on_traits(sqlite3_file* f) {
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
int on_shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** to) {
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, to);
}
int on_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
void on_shm_barrier(sqlite3_file* f) {
    real(f)->pMethods->xShmBarrier(real(f));
}
int on_shm_unmap(sqlite3_file* f, int remove) {
    return real(f)->pMethods->xShmUnmap(real(f), remove);
}

const sqlite3_io_methods kMethods = {
    2,           on_close,       on_read,      on_write,   on_truncate, on_sync,   on_size,
    on_lock,     on_unlock,      on_check,     on_control, on_sector,   on_traits, on_shm_map,
    on_shm_lock, on_shm_barrier, on_shm_unmap, nullptr,    nullptr};

int on_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out) {
    auto* file = reinterpret_cast<File*>(f);
    file->base.pMethods = nullptr;
    file->is_wal = (flags & SQLITE_OPEN_WAL) != 0;
    file->real = reinterpret_cast<sqlite3_file*>(file + 1);
    if (g_fault == DiskFault::read_only && (flags & SQLITE_OPEN_READWRITE) != 0) {
        // As the system's does where it may not write: opens to read only, and says so.
        strike(SQLITE_OK);
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    }
    const int rc = system_vfs(vfs)->xOpen(system_vfs(vfs), name, file->real, flags, out);
    if (rc == SQLITE_OK) file->base.pMethods = &kMethods;
    return rc;
}

sqlite3_vfs g_vfs;

}  // namespace

FaultyVfs::FaultyVfs() {
    sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
    g_vfs = *system;
    g_vfs.pNext = nullptr;
    g_vfs.zName = kName;
    g_vfs.pAppData = system;
    g_vfs.szOsFile = static_cast<int>(sizeof(File)) + system->szOsFile;
    g_vfs.xOpen = on_open;
    g_fault = DiskFault::none;
    g_strikes = 0;
    if (sqlite3_vfs_register(&g_vfs, 0) != SQLITE_OK) throw std::runtime_error("vfs");
}

FaultyVfs::~FaultyVfs() {
    (void)sqlite3_vfs_unregister(&g_vfs);
}

std::string FaultyVfs::name() const {
    return kName;
}
void FaultyVfs::set(DiskFault fault) {
    g_fault = fault;
}
int FaultyVfs::strikes() const {
    return g_strikes;
}

}  // namespace chartroom::storage
