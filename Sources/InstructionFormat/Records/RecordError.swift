import Problems

/// Why a record gives no sample. Its place in the file is added by whoever reads the file.
public typealias RecordError = Problem

/// The names under which rejects are counted.
public typealias RejectKind = Problem.Kind
