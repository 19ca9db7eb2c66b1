internal import CPlatform

/// Gives memory that was freed back to the system: after a rush the allocator keeps it otherwise. Takes some milliseconds.
public func giveMemoryBack() { cplatform_trim() }
