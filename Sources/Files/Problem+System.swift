import Problems
import SystemPackage

extension Problem {
  /// What to do about a damaged shard.
  package static let rerun =
    "delete the shard and run the same prep run again; it rebuilds this one"

  /// An error of the operating system: `what` could not be done with a file or folder.
  package static func system(_ what: String, path: String, _ error: any Error) -> Problem {
    let errno = error as? Errno
    let remedy: String =
      switch errno {
      case .some(.noSpace): "free some space on this disk and run the same command again"
      case .some(.fileTooLarge):
        "raise the limit on the size of files (ulimit -f) and run the same command again"
      case .some(.diskQuotaExceeded): "free some of your quota and run the same command again"
      case .some(.permissionDenied), .some(.notPermitted): "check the permissions"
      case .some(.notDirectory): "a file stands where a folder is wanted: choose another path"
      case .some(.noSuchFileOrDirectory): "check the path"
      case .some(.readOnlyFileSystem): "choose a folder that can be written"
      default: ""
      }
    return Problem(
      .system, Place(file: path), reason: "\(what): \(errno.map(\.description) ?? "\(error)")",
      remedy: remedy)
  }
}
