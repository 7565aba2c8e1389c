#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How many processors this process may use.
package enum ProcessorCount {
  // Asked once: the system reads a file for it.
  package static let available = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

/// Runs a closure on several threads and waits for all of them.
package enum Workers {
  /// `body` gets the worker's number, from 0; the calling thread is worker 0. Where the system gives
  /// fewer threads than asked for, those that there are do the work.
  package static func run(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads: [pthread_t] = []
    for index in 1..<max(1, count) {
      // SAFETY: the box is released by the thread that receives it, or here where there is none.
      let box = unsafe Unmanaged.passRetained(Job(index: index, body: body))
      var thread = pthread_t()
      let code = unsafe pthread_create(&thread, nil, Job.start, box.toOpaque())
      guard code == 0 else {
        unsafe box.release()
        break
      }
      threads.append(thread)
    }
    body(0)
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Runs a closure on a thread of its own, or on this one where the system gives none.
  static func detach(_ body: @escaping @Sendable () -> Void) {
    // SAFETY: as in `run`.
    let box = unsafe Unmanaged.passRetained(Job(index: 0) { _ in body() })
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, Job.start, box.toOpaque())
    guard code == 0 else {
      unsafe box.release()
      return body()
    }
    pthread_detach(thread)
  }

  private final class Job: Sendable {
    let index: Int
    let body: @Sendable (Int) -> Void

    init(index: Int, body: @escaping @Sendable (Int) -> Void) {
      self.index = index
      self.body = body
    }

    /// What a thread begins with: it owns the job that it is given.
    static let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
      pointer in
      guard let pointer = unsafe pointer else { return nil }
      let job = unsafe Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue()
      job.body(job.index)
      return nil
    }
  }
}
