// torch's threads are the whole process's.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
