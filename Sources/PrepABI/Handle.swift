import Problems

/// What an opaque handle of the C interface points to. A handle holds one reference; `close` gives it
/// back, so a call that runs when another thread closes the handle is the caller's mistake.
enum Handle<Object: AnyObject & Sendable> {
  static func make(_ object: Object) -> OpaquePointer {
    unsafe OpaquePointer(Unmanaged.passRetained(object).toOpaque())
  }

  static func close(_ handle: OpaquePointer?) {
    guard let handle = unsafe handle else { return }
    unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).release()
  }

  static func object(_ handle: OpaquePointer?) -> Object? {
    guard let handle = unsafe handle else { return nil }
    return unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
  }

  /// The object, or a failure that names the argument.
  static func object(_ handle: OpaquePointer?, _ name: String) throws(Problem) -> Object {
    guard let object = unsafe object(handle) else { throw .argument("\(name) is NULL") }
    return object
  }
}
