/// What a template asks of whoever runs it.
package protocol TemplateHost: AnyObject {
  /// The scope that a loop opens when its variable takes a dictionary of this author: what the loop
  /// prints is marked with it. nil where it opens none.
  func scope(of author: Int) -> Int32?

  /// The day and time in the form of `strftime`; nil where none was given.
  func today(_ format: [UInt8]) -> [UInt8]?
}
