// Stands between a program and the C library (LD_PRELOAD): counts system calls by kind, and makes one of them fail, fall
// short, stop the process or kill it. And writes a log of all that changes files, from which power.py makes what a power cut
// may leave.
//
//   PREP_FAULT        KIND:N:ACTION or KIND:N+:ACTION (from the Nth on). ACTION: an errno as a number, `short`, `kill` (before the
//                     call), `kill-after`, `stop` (SIGSTOP before the call).
//   PREP_FAULT_COUNTS file that gets the number of calls of each kind when the process ends
//   PREP_FAULT_LOG    file that gets the log
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KINDS(X) X(open) X(read) X(pread) X(write) X(pwrite) X(close) X(fsync) X(rename) X(mkdir) X(unlink) X(rmdir) X(link) \
  X(opendir) X(readdir) X(stat) X(lstat) X(fstat) X(flock) X(thread)
#define ENUM(name) KIND_##name,
enum kind { KINDS(ENUM) KIND_COUNT };
#define NAME(name) #name,
static const char *const names[] = {KINDS(NAME)};

static atomic_long counts[KIND_COUNT];
static enum kind chosen = KIND_COUNT;
static long number;
static bool onwards;
static int code;
static enum { FAIL, SHORT, KILL, KILL_AFTER, STOP } action;
static int log_file = -1;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

// The program may open files before this library's constructor has run.
static void begin(void) {
  static bool begun;
  if (begun) return;
  begun = true;
  const char *fault = getenv("PREP_FAULT");
  char kind[32], what[32], plus[2] = "";
  if (fault && (sscanf(fault, "%31[^:]:%ld%1[+]:%31s", kind, &number, plus, what) == 4 ||
                sscanf(fault, "%31[^:]:%ld:%31s", kind, &number, what) == 3)) {
    for (int index = 0; index < KIND_COUNT; index++)
      if (!strcmp(names[index], kind)) chosen = index;
    onwards = plus[0] == '+';
    action = !strcmp(what, "short") ? SHORT : !strcmp(what, "kill") ? KILL : !strcmp(what, "kill-after") ? KILL_AFTER
      : !strcmp(what, "stop") ? STOP : FAIL;
    code = atoi(what);
  }
  const char *log = getenv("PREP_FAULT_LOG");
  if (log) log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

// Counts a call; whether it is the one.
static bool hit(enum kind kind) {
  begin();
  long count = atomic_fetch_add(&counts[kind], 1) + 1;
  if (kind != chosen || (onwards ? count < number : count != number)) return false;
  if (action == KILL) syscall(SYS_kill, getpid(), SIGKILL);
  if (action == STOP) syscall(SYS_kill, getpid(), SIGSTOP);
  return action != STOP;
}

static bool fails(bool hit) { return hit && action == FAIL; }
static void after(bool hit) { if (hit && action == KILL_AFTER) syscall(SYS_kill, getpid(), SIGKILL); }
static size_t shortened(bool hit, size_t size) { return hit && action == SHORT && size > 1 ? size / 2 : size; }

__attribute__((format(printf, 3, 4)))
static void note(const void *bytes, size_t size, const char *format, ...) {
  if (log_file < 0) return;
  char line[9000];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  line[length++] = '\n';
  pthread_mutex_lock(&log_lock);
  syscall(SYS_write, log_file, line, (size_t)length);
  if (size) syscall(SYS_write, log_file, bytes, size);
  pthread_mutex_unlock(&log_lock);
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("PREP_FAULT_COUNTS");
  if (!path) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  for (int index = 0; index < KIND_COUNT; index++) {
    char line[64];
    int length = snprintf(line, sizeof line, "%s %ld\n", names[index], (long)counts[index]);
    syscall(SYS_write, file, line, (size_t)length);
  }
  syscall(SYS_close, file);
}

#define REAL(result, name, ...)                                     \
  static result (*real)(__VA_ARGS__);                               \
  if (!real) real = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int opened(bool is_hit, int file, const char *path, int flags) {
  if (file >= 0) note(NULL, 0, "open %d %d %s", file, flags, path);
  after(is_hit);
  return file;
}

int open(const char *path, int flags, ...) {
  REAL(int, "open", const char *, int, ...);
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  bool is_hit = hit(KIND_open);
  if (fails(is_hit)) { errno = code; return -1; }
  return opened(is_hit, real(path, flags, mode), path, flags);
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  return open(path, flags, mode);
}

int close(int file) {
  REAL(int, "close", int);
  bool is_hit = hit(KIND_close);
  // As Linux has it, the file is closed whatever is returned.
  int result = real(file);
  note(NULL, 0, "close %d", file);
  after(is_hit);
  if (fails(is_hit)) { errno = code; return -1; }
  return result;
}

ssize_t read(int file, void *bytes, size_t size) {
  REAL(ssize_t, "read", int, void *, size_t);
  bool is_hit = hit(KIND_read);
  if (fails(is_hit)) { errno = code; return -1; }
  ssize_t result = real(file, bytes, shortened(is_hit, size));
  after(is_hit);
  return result;
}

ssize_t pread(int file, void *bytes, size_t size, off_t offset) {
  REAL(ssize_t, "pread", int, void *, size_t, off_t);
  bool is_hit = hit(KIND_pread);
  if (fails(is_hit)) { errno = code; return -1; }
  ssize_t result = real(file, bytes, shortened(is_hit, size), offset);
  after(is_hit);
  return result;
}

ssize_t pread64(int file, void *bytes, size_t size, off_t offset) { return pread(file, bytes, size, offset); }

ssize_t write(int file, const void *bytes, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  bool is_hit = hit(KIND_write);
  if (fails(is_hit)) { errno = code; return -1; }
  ssize_t result = real(file, bytes, shortened(is_hit, size));
  after(is_hit);
  return result;
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  bool is_hit = hit(KIND_pwrite);
  if (fails(is_hit)) { errno = code; return -1; }
  ssize_t result = real(file, bytes, shortened(is_hit, size), offset);
  if (result > 0) note(bytes, (size_t)result, "pwrite %d %lld %zd", file, (long long)offset, result);
  after(is_hit);
  return result;
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off_t offset) { return pwrite(file, bytes, size, offset); }

#define CALL(kind, parameters, arguments, ...)          \
  int kind parameters {                                 \
    static int(*real) parameters;                       \
    if (!real) real = (int(*) parameters)dlsym(RTLD_NEXT, #kind); \
    bool is_hit = hit(KIND_##kind);                     \
    if (fails(is_hit)) { errno = code; return -1; }     \
    int result = real arguments;                        \
    if (result == 0) __VA_ARGS__;                       \
    after(is_hit);                                      \
    return result;                                      \
  }

CALL(fsync, (int file), (file), note(NULL, 0, "fsync %d", file))
CALL(rename, (const char *old, const char *new), (old, new), note(NULL, 0, "rename %s\t%s", old, new))
CALL(mkdir, (const char *path, mode_t mode), (path, mode), note(NULL, 0, "mkdir %s", path))
CALL(unlink, (const char *path), (path), note(NULL, 0, "unlink %s", path))
CALL(rmdir, (const char *path), (path), note(NULL, 0, "rmdir %s", path))
CALL(link, (const char *path, const char *new), (path, new), note(NULL, 0, "link %s\t%s", path, new))
CALL(stat, (const char *restrict path, struct stat *restrict out), (path, out), (void)0)
CALL(lstat, (const char *restrict path, struct stat *restrict out), (path, out), (void)0)
CALL(fstat, (int file, struct stat *out), (file, out), (void)0)
CALL(flock, (int file, int operation), (file, operation), (void)0)

DIR *opendir(const char *path) {
  REAL(DIR *, "opendir", const char *);
  bool is_hit = hit(KIND_opendir);
  if (fails(is_hit)) { errno = code; return NULL; }
  DIR *result = real(path);
  after(is_hit);
  return result;
}

struct dirent *readdir(DIR *folder) {
  REAL(struct dirent *, "readdir", DIR *);
  bool is_hit = hit(KIND_readdir);
  if (fails(is_hit)) { errno = code; return NULL; }
  struct dirent *result = real(folder);
  after(is_hit);
  return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  REAL(int, "pthread_create", pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  bool is_hit = hit(KIND_thread);
  if (fails(is_hit)) return code;
  return real(thread, attributes, start, argument);
}
