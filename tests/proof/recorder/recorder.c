/* What does a program do to the files below one folder, in which order?
 *
 * Preloaded into a program, this library writes every change of a file or folder below PROOF_ROOT, every sync, and
 * every line on standard output to the file PROOF_TRACE. It can also stand in for a failing machine, counting the
 * changes and syncs below the root from 1:
 *
 *   PROOF_KILL_AT=N            the process is killed in the N-th: half of it is done if it is a write
 *   PROOF_FAIL_AT=N            the N-th fails with the error PROOF_ERRNO; with PROOF_FAIL_ON only those are counted
 *                              whose path holds that text, with PROOF_FAIL_FOR=M the M-1 after it fail as well
 *   PROOF_IGNORE=TEXT          removals of files whose name ends with TEXT are said to be done and are not
 *   PROOF_IGNORE_ZEROES=TEXT   writes of nothing but zeroes to files whose name ends with TEXT likewise
 *
 * While a trace is written no sync reaches the disk: the proof decides itself what a power cut leaves.
 * What is not understood here ends the program, so that a trace never lacks anything in silence.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, EXTEND, CREATE, RENAME, UNLINK, MKDIR, RMDIR, SYNC_BEGIN, SYNC_END, SAY };

struct head {
    uint32_t op, thread, path_len, to_len;
    uint64_t inode, offset, data_len;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char root[PATH_MAX];
static size_t root_len;
static int trace = -1;
static const char *ignored_removal, *ignored_zeroes, *fail_on;
static uint64_t count, fail_count, kill_at, fail_at, fail_for = 1;
static int fail_with = EIO;

static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fallocate)(int, int, off_t, off_t);
static int (*real_renameat)(int, const char *, int, const char *);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_mkdirat)(int, const char *, mode_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_sync_file_range)(int, off_t, off_t, unsigned);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static ssize_t (*real_copy_file_range)(int, off_t *, int, off_t *, size_t, unsigned);
static ssize_t (*real_sendfile)(int, int, off_t *, size_t);
static int (*real_linkat)(int, const char *, int, const char *, int);

static void die(const char *what) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "the recorder does not understand: %s\n", what);
    if (length > 0) syscall(SYS_write, 2, line, (size_t)length);
    abort();
}

static uint64_t number(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void *found(const char *name) {
    void *symbol = dlsym(RTLD_NEXT, name);
    if (!symbol) die(name);
    return symbol;
}

static void start(void) {
    real_openat = found("openat64");
    real_write = found("write");
    real_pwrite = found("pwrite64");
    real_ftruncate = found("ftruncate64");
    real_fallocate = found("fallocate64");
    real_renameat = found("renameat");
    real_unlinkat = found("unlinkat");
    real_mkdirat = found("mkdirat");
    real_fsync = found("fsync");
    real_fdatasync = found("fdatasync");
    real_sync_file_range = found("sync_file_range");
    real_mmap = found("mmap64");
    real_copy_file_range = found("copy_file_range");
    real_sendfile = found("sendfile64");
    real_linkat = found("linkat");
    const char *below = getenv("PROOF_ROOT");
    if (below && strlen(below) < sizeof root) {
        strcpy(root, below);
        root_len = strlen(root);
    }
    const char *path = getenv("PROOF_TRACE");
    if (path) {
        trace = real_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        if (trace < 0) die(path);
    }
    ignored_removal = getenv("PROOF_IGNORE");
    ignored_zeroes = getenv("PROOF_IGNORE_ZEROES");
    fail_on = getenv("PROOF_FAIL_ON");
    kill_at = number("PROOF_KILL_AT", 0);
    fail_at = number("PROOF_FAIL_AT", 0);
    fail_for = number("PROOF_FAIL_FOR", 1);
    fail_with = (int)number("PROOF_ERRNO", EIO);
}

__attribute__((constructor)) static void begin(void) { pthread_once(&once, start); }

/* Whether a path lies below the root; the rest of it then. */
static const char *below(const char *path) {
    if (!root_len || strncmp(path, root, root_len) != 0 || path[root_len] != '/') return NULL;
    return path + root_len + 1;
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The path of an open file, as the system knows it; 0 when it is none of ours. */
static int path_of(int fd, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    if (strcmp(path, root) == 0) return 1;
    if (!below(path)) return 0;
    if (ends_with(path, " (deleted)")) path[strlen(path) - 10] = 0;
    return 1;
}

/* The path that a call names; 0 when it is none of ours. */
static int path_at(int dir, const char *name, char *path) {
    if (name[0] == '/' || dir == AT_FDCWD) {
        if (name[0] != '/') return 0;
        if (strlen(name) >= PATH_MAX) return 0;
        strcpy(path, name);
    } else {
        char folder[PATH_MAX];
        if (!path_of(dir, folder)) return 0;
        if (strlen(folder) + strlen(name) + 2 > PATH_MAX) return 0;
        strcpy(path, folder);
        strcat(path, "/");
        strcat(path, name);
    }
    return below(path) != NULL;
}

static void put(const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length) {
        ssize_t done = real_write(trace, rest, length);
        if (done <= 0) die("a trace that cannot be written");
        rest += done;
        length -= (size_t)done;
    }
}

static void record(uint32_t op, const char *path, const char *to, uint64_t inode, uint64_t offset, const void *data,
                   size_t data_len) {
    if (trace < 0) return;
    const char *name = path ? (below(path) ? below(path) : "") : "";
    const char *other = to ? (below(to) ? below(to) : "") : "";
    struct head head = {op,    (uint32_t)syscall(SYS_gettid), (uint32_t)strlen(name), (uint32_t)strlen(other),
                        inode, offset,                        data_len};
    put(&head, sizeof head);
    put(name, head.path_len);
    put(other, head.to_len);
    if (data_len) put(data, data_len);
}

/* Counts a change or sync that is about to happen: 0 go on, 1 fail, 2 be killed. */
static int fate(const char *path) {
    count++;
    if (kill_at && count == kill_at) return 2;
    if (!fail_at || (fail_on && !strstr(path, fail_on))) return 0;
    fail_count++;
    return fail_count >= fail_at && fail_count - fail_at < fail_for;
}

static int stopped(const char *path) {
    switch (fate(path)) {
    case 2:
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    case 1:
        errno = fail_with;
        return 1;
    default:
        return 0;
    }
}

static uint64_t inode_of(int fd) {
    struct stat about;
    return fstat(fd, &about) == 0 ? about.st_ino : 0;
}

static int only_zeroes(const char *bytes, size_t length) {
    for (size_t at = 0; at < length; at++)
        if (bytes[at]) return 0;
    return 1;
}

/* One write at a place, or where the file stands when `offset` is negative. */
static ssize_t write_at(int fd, const void *bytes, size_t length, off_t offset) {
    char path[PATH_MAX];
    begin();
    if (fd == 1 && trace >= 0) {
        pthread_mutex_lock(&lock);
        record(SAY, NULL, NULL, 0, 0, bytes, length);
        ssize_t done = real_write(fd, bytes, length);
        pthread_mutex_unlock(&lock);
        return done;
    }
    if (!root_len || fd <= 2 || !path_of(fd, path))
        return offset < 0 ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
    pthread_mutex_lock(&lock);
    int end = fate(path);
    if (end == 1) {
        pthread_mutex_unlock(&lock);
        errno = fail_with;
        return -1;
    }
    size_t part = end == 2 ? length / 2 : length;
    off_t at = offset;
    if (offset < 0) {
        struct stat about;
        int appends = fcntl(fd, F_GETFL) & O_APPEND;
        at = appends && fstat(fd, &about) == 0 ? about.st_size : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = (ssize_t)part;
    if (ignored_zeroes && ends_with(path, ignored_zeroes) && only_zeroes(bytes, part)) {
        if (offset < 0) lseek(fd, at + done, SEEK_SET);
    } else {
        done = offset < 0 ? real_write(fd, bytes, part) : real_pwrite(fd, bytes, part, offset);
        if (done > 0) record(WRITE, path, NULL, inode_of(fd), (uint64_t)at, bytes, (size_t)done);
    }
    if (end == 2) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return write_at(fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return write_at(fd, bytes, length, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return write_at(fd, bytes, length, at); }

ssize_t writev(int fd, const struct iovec *parts, int parts_len) {
    ssize_t sum = 0;
    for (int part = 0; part < parts_len; part++) {
        ssize_t done = write_at(fd, parts[part].iov_base, parts[part].iov_len, -1);
        if (done < 0) return sum ? sum : -1;
        sum += done;
        if ((size_t)done < parts[part].iov_len) break;
    }
    return sum;
}

ssize_t pwritev(int fd, const struct iovec *parts, int parts_len, off_t at) {
    ssize_t sum = 0;
    for (int part = 0; part < parts_len; part++) {
        ssize_t done = write_at(fd, parts[part].iov_base, parts[part].iov_len, at + sum);
        if (done < 0) return sum ? sum : -1;
        sum += done;
        if ((size_t)done < parts[part].iov_len) break;
    }
    return sum;
}
ssize_t pwritev64(int fd, const struct iovec *parts, int parts_len, off_t at) { return pwritev(fd, parts, parts_len, at); }

static int open_at(int dir, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    begin();
    if (!root_len || !(flags & (O_CREAT | O_TRUNC)) || !path_at(dir, name, path)) return real_openat(dir, name, flags, mode);
    pthread_mutex_lock(&lock);
    int was_there = faccessat(AT_FDCWD, path, F_OK, 0) == 0;
    int changes = (!was_there && (flags & O_CREAT)) || (was_there && (flags & O_TRUNC));
    int fd = changes && stopped(path) ? -1 : real_openat(dir, name, flags, mode);
    int error = errno;
    if (fd >= 0 && !was_there) record(CREATE, path, NULL, inode_of(fd), 0, NULL, 0);
    if (fd >= 0 && was_there && (flags & O_TRUNC)) record(TRUNCATE, path, NULL, inode_of(fd), 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE(flags, mode)                                                                                              \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int dir, const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_at(dir, path, flags, mode);
}
int openat64(int dir, const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_at(dir, path, flags, mode);
}
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

int ftruncate(int fd, off_t length) {
    char path[PATH_MAX];
    begin();
    if (!root_len || !path_of(fd, path)) return real_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    int done = stopped(path) ? -1 : real_ftruncate(fd, length);
    int error = errno;
    if (done == 0) record(TRUNCATE, path, NULL, inode_of(fd), (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }
int truncate(const char *path, off_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int done = ftruncate(fd, length);
    close(fd);
    return done;
}
int truncate64(const char *path, off_t length) { return truncate(path, length); }

int fallocate(int fd, int mode, off_t offset, off_t length) {
    char path[PATH_MAX];
    begin();
    if (!root_len || !path_of(fd, path)) return real_fallocate(fd, mode, offset, length);
    if (mode != 0 && mode != FALLOC_FL_KEEP_SIZE) die("fallocate with another mode");
    pthread_mutex_lock(&lock);
    int done = stopped(path) ? -1 : real_fallocate(fd, mode, offset, length);
    int error = errno;
    if (done == 0 && mode == 0) record(EXTEND, path, NULL, inode_of(fd), (uint64_t)(offset + length), NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int fallocate64(int fd, int mode, off_t offset, off_t length) { return fallocate(fd, mode, offset, length); }
int posix_fallocate(int fd, off_t offset, off_t length) { return fallocate(fd, 0, offset, length) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off_t offset, off_t length) { return posix_fallocate(fd, offset, length); }

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    begin();
    int is_ours = root_len && path_at(from_dir, from, old);
    if (root_len && path_at(to_dir, to, new) != is_ours) die("a rename into or out of the folder");
    if (!is_ours) return real_renameat(from_dir, from, to_dir, to);
    pthread_mutex_lock(&lock);
    int done = stopped(new) ? -1 : real_renameat(from_dir, from, to_dir, to);
    int error = errno;
    if (done == 0) record(RENAME, old, new, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    if (flags) die("renameat2 with flags");
    return renameat(from_dir, from, to_dir, to);
}

int unlinkat(int dir, const char *name, int flags) {
    char path[PATH_MAX];
    begin();
    if (!root_len || !path_at(dir, name, path)) return real_unlinkat(dir, name, flags);
    if (ignored_removal && ends_with(path, ignored_removal)) return 0;
    pthread_mutex_lock(&lock);
    int done = stopped(path) ? -1 : real_unlinkat(dir, name, flags);
    int error = errno;
    if (done == 0) record(flags & AT_REMOVEDIR ? RMDIR : UNLINK, path, NULL, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int dir, const char *name, mode_t mode) {
    char path[PATH_MAX];
    begin();
    if (!root_len || !path_at(dir, name, path)) return real_mkdirat(dir, name, mode);
    pthread_mutex_lock(&lock);
    int was_there = faccessat(AT_FDCWD, path, F_OK, 0) == 0;
    int done = !was_there && stopped(path) ? -1 : real_mkdirat(dir, name, mode);
    int error = errno;
    if (done == 0) record(MKDIR, path, NULL, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* What a sync promises is what was written before it began, so its beginning and its end are both told. */
static int sync_one(int fd, int (*real)(int), uint64_t data_only) {
    char path[PATH_MAX];
    begin();
    if (!root_len || !path_of(fd, path)) return real(fd);
    pthread_mutex_lock(&lock);
    if (stopped(path)) {
        pthread_mutex_unlock(&lock);
        errno = fail_with;
        return -1;
    }
    record(SYNC_BEGIN, path, NULL, inode_of(fd), data_only, NULL, 0);
    pthread_mutex_unlock(&lock);
    int done = 0;
    if (trace < 0) done = real(fd);
    else usleep(100);
    if (done != 0) return done;
    pthread_mutex_lock(&lock);
    record(SYNC_END, path, NULL, inode_of(fd), data_only, NULL, 0);
    pthread_mutex_unlock(&lock);
    return 0;
}
int fsync(int fd) {
    begin();
    return sync_one(fd, real_fsync, 0);
}
int fdatasync(int fd) {
    begin();
    return sync_one(fd, real_fdatasync, 1);
}

/* Promises nothing: the disk's own cache and the file's length stay where they are. */
int sync_file_range(int fd, off_t offset, off_t length, unsigned flags) {
    char path[PATH_MAX];
    begin();
    if (root_len && path_of(fd, path)) {
        pthread_mutex_lock(&lock);
        int fails = stopped(path);
        pthread_mutex_unlock(&lock);
        if (fails) {
            errno = fail_with;
            return -1;
        }
        if (trace >= 0) return 0;
    }
    return real_sync_file_range(fd, offset, length, flags);
}

static int is_ours(int fd) {
    char path[PATH_MAX];
    return root_len && fd >= 0 && path_of(fd, path);
}
void *mmap(void *at, size_t length, int rights, int flags, int fd, off_t offset) {
    begin();
    if ((rights & PROT_WRITE) && (flags & MAP_SHARED) && is_ours(fd)) die("a file that is written through memory");
    return real_mmap(at, length, rights, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int rights, int flags, int fd, off_t offset) {
    return mmap(at, length, rights, flags, fd, offset);
}
ssize_t copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t length, unsigned flags) {
    begin();
    if (is_ours(to)) { /* The caller then copies by hand. */
        errno = ENOSYS;
        return -1;
    }
    return real_copy_file_range(from, from_at, to, to_at, length, flags);
}
ssize_t sendfile64(int to, int from, off_t *at, size_t length) {
    begin();
    if (is_ours(to)) {
        errno = ENOSYS;
        return -1;
    }
    return real_sendfile(to, from, at, length);
}
ssize_t sendfile(int to, int from, off_t *at, size_t length) { return sendfile64(to, from, at, length); }
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    char path[PATH_MAX];
    begin();
    if (root_len && path_at(to_dir, to, path)) die("a hard link");
    return real_linkat(from_dir, from, to_dir, to, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
