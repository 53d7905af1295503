using System.Reflection;

namespace MergeHost;

/// <summary>Every error code there is. A code keeps its meaning for ever; one that is no longer used is not given again.</summary>
public static class ErrorCodes
{
    /// <summary>The recipe file cannot be read.</summary>
    public static readonly ErrorCode RecipeUnreadable = new("MH1000", "The recipe file cannot be read");

    /// <summary>The text is not YAML.</summary>
    public static readonly ErrorCode YamlSyntax = new("MH1001", "The text is not YAML");

    /// <summary>No installed plugin has a strategy of that name.</summary>
    public static readonly ErrorCode UnknownStrategy = new("MH1002", "No strategy has this name");

    /// <summary>A field that recipes do not have.</summary>
    public static readonly ErrorCode UnknownField = new("MH1003", "Recipes have no field of this name");

    /// <summary>A value outside its range.</summary>
    public static readonly ErrorCode ValueOutOfRange = new("MH1004", "A value is outside its range");

    /// <summary>A value of another type than the field wants.</summary>
    public static readonly ErrorCode WrongType = new("MH1005", "A value has the wrong type");

    /// <summary>A field or parameter that must be there is not.</summary>
    public static readonly ErrorCode Missing = new("MH1006", "A required field or parameter is missing");

    /// <summary>A key that stands twice in one mapping.</summary>
    public static readonly ErrorCode DuplicateKey = new("MH1007", "A key stands twice in one mapping");

    /// <summary>A parameter that the strategy does not have.</summary>
    public static readonly ErrorCode UnknownParameter = new("MH1008", "The strategy has no parameter of this name");

    /// <summary>Fields that cannot stand together.</summary>
    public static readonly ErrorCode Conflict = new("MH1009", "Fields exclude each other");

    /// <summary>A model that is neither a path nor a stage.</summary>
    public static readonly ErrorCode ModelNotFound = new("MH1010", "A model is not there");

    /// <summary>Something that mergekit knows and MergeHost does not yet.</summary>
    public static readonly ErrorCode NotSupported = new("MH1011", "A setting is known but not supported yet");

    /// <summary>A range of layers that is empty, reversed or outside the model.</summary>
    public static readonly ErrorCode LayerRange = new("MH1012", "A layer range does not fit");

    /// <summary>The number of models, or a missing base, does not suit the strategy.</summary>
    public static readonly ErrorCode SourceCount = new("MH1013", "The models do not suit the strategy");

    /// <summary>A stage that is named twice, refers to itself or leaves no single result.</summary>
    public static readonly ErrorCode StageGraph = new("MH1014", "The stages do not form a graph with one result");

    /// <summary>An anchor that contains itself, or aliases that unfold without measure.</summary>
    public static readonly ErrorCode YamlAlias = new("MH1015", "An alias refers to itself or unfolds too far");

    /// <summary>A filter that matches no tensor.</summary>
    public static readonly ErrorCode UnusedFilter = new("MH1016", "A filter matches no tensor");

    /// <summary>A file of a checkpoint cannot be found or read.</summary>
    public static readonly ErrorCode CheckpointUnreadable = new("MH2001", "A checkpoint's file cannot be read");

    /// <summary>A file that holds something else than its name says.</summary>
    public static readonly ErrorCode OtherFormat = new("MH2002", "A file holds something else than its name says");

    /// <summary>A file that ends before its tensors do.</summary>
    public static readonly ErrorCode Truncated = new("MH2003", "A file ends before its tensors do");

    /// <summary>A header that breaks the format's rules.</summary>
    public static readonly ErrorCode BadHeader = new("MH2004", "A header breaks the format's rules");

    /// <summary>A tensor's record that breaks the format's rules.</summary>
    public static readonly ErrorCode BadTensor = new("MH2005", "A tensor's record breaks the format's rules");

    /// <summary>Tensors that overlap, leave a hole or leave bytes over.</summary>
    public static readonly ErrorCode BadOffsets = new("MH2006", "Tensors overlap, leave holes or leave bytes over");

    /// <summary>Tensors of one name with unlike shapes.</summary>
    public static readonly ErrorCode ShapeMismatch = new("MH2007", "Tensors of one name have unlike shapes");

    /// <summary>A tensor that a source lacks or has too many.</summary>
    public static readonly ErrorCode TensorMissing = new("MH2008", "A checkpoint lacks a tensor that another has");

    /// <summary>A shard index that does not fit its shards.</summary>
    public static readonly ErrorCode BadIndex = new("MH2009", "A shard index does not fit its shards");

    /// <summary>An element type that cannot take part in a merge, or cannot be written.</summary>
    public static readonly ErrorCode DTypeUnusable = new("MH2010", "An element type cannot take part in a merge");

    /// <summary>Weights that are quantised in a way that no installed plugin can read.</summary>
    public static readonly ErrorCode Quantized = new("MH2011", "The weights are quantised");

    /// <summary>A path that no installed format opens.</summary>
    public static readonly ErrorCode UnknownFormat = new("MH2012", "No installed format opens this path");

    /// <summary>A config.json or tokenizer file that cannot be used.</summary>
    public static readonly ErrorCode BadConfig = new("MH2013", "config.json or a tokenizer file cannot be used");

    /// <summary>A file that changed while it was read.</summary>
    public static readonly ErrorCode ChangedWhileRead = new("MH2014", "A checkpoint's file changed while it was read");

    /// <summary>Vocabularies of unlike size or order.</summary>
    public static readonly ErrorCode VocabularyMismatch = new("MH2015", "Vocabularies differ");

    /// <summary>Something odd in a checkpoint that does no harm to the merge.</summary>
    public static readonly ErrorCode CheckpointOddity = new("MH2016", "A checkpoint is unusual");

    /// <summary>What a model learned is little against what its quantisation rounded off.</summary>
    public static readonly ErrorCode NoisyTaskVector = new("MH2017", "Quantisation drowns what a model learned");

    /// <summary>A block of quantised weights whose scale is no number.</summary>
    public static readonly ErrorCode NonFiniteScale = new("MH2018", "A scale of quantised weights is NaN or infinite");

    /// <summary>A tensor of an input that is neither used nor excused by a rule.</summary>
    public static readonly ErrorCode TensorUnaccounted = new("MH2019", "A tensor is neither used nor excused");

    /// <summary>Whole numbers or truth values that differ between the models of a merge.</summary>
    public static readonly ErrorCode IntegersDiffer = new("MH2020", "Whole numbers or truth values differ");

    /// <summary>A pickle that asks for something else than data.</summary>
    public static readonly ErrorCode UnsafePickle = new("MH2024", "A pickle asks for something that is not data");

    /// <summary>A file whose kind of content is known, and cannot be read as a model's weights.</summary>
    public static readonly ErrorCode ContentUnsupported = new("MH2025", "A file holds weights in a way that cannot be read");

    /// <summary>Statistics, or something else that belongs to a model, of another model or without what is needed.</summary>
    public static readonly ErrorCode AuxiliaryMismatch = new("MH2026", "An auxiliary checkpoint does not belong to the model");

    /// <summary>A plugin folder without a readable plugin assembly.</summary>
    public static readonly ErrorCode PluginUnreadable = new("MH3001", "A plugin folder holds no readable plugin");

    /// <summary>A plugin whose dependency is not there.</summary>
    public static readonly ErrorCode PluginDependency = new("MH3002", "A plugin's dependency is missing");

    /// <summary>A plugin that was built for other contracts.</summary>
    public static readonly ErrorCode PluginContract = new("MH3003", "A plugin was built for other contracts");

    /// <summary>Two plugins, or two exports, of one id.</summary>
    public static readonly ErrorCode PluginDuplicate = new("MH3004", "An id is claimed twice");

    /// <summary>A plugin whose code fails while it is loaded or created.</summary>
    public static readonly ErrorCode PluginFailed = new("MH3005", "A plugin failed while it was loaded");

    /// <summary>No installed version of a plugin fits the range asked for.</summary>
    public static readonly ErrorCode PluginVersion = new("MH3006", "No installed version of a plugin fits");

    /// <summary>The lock file and the installed plugins differ.</summary>
    public static readonly ErrorCode PluginLock = new("MH3007", "The lock file and the installed plugins differ");

    /// <summary>A device or native library that is asked for is not there.</summary>
    public static readonly ErrorCode DeviceUnavailable = new("MH3008", "A device or its library is not available");

    /// <summary>A transform that failed, or made something that is no checkpoint.</summary>
    public static readonly ErrorCode TransformBroken = new("MH3009", "A transform broke its contract");

    /// <summary>A store that failed.</summary>
    public static readonly ErrorCode StoreBroken = new("MH3010", "A store broke its contract");

    /// <summary>An alignment that failed.</summary>
    public static readonly ErrorCode AlignmentBroken = new("MH3011", "An alignment broke its contract");

    /// <summary>A builder that failed, or planned something that is no model.</summary>
    public static readonly ErrorCode BuilderBroken = new("MH3012", "A builder broke its contract");

    /// <summary>A package that is none, is not for this, or must not be unpacked.</summary>
    public static readonly ErrorCode PackageUnusable = new("MH3020", "A package cannot be installed");

    /// <summary>A feed that is not there, does not answer, or lacks a package.</summary>
    public static readonly ErrorCode FeedUnavailable = new("MH3021", "A package feed does not have what was asked for");

    /// <summary>A strategy that cannot merge these tensors with these parameters.</summary>
    public static readonly ErrorCode MergeRefused = new("MH4001", "A strategy refuses to merge");

    /// <summary>A strategy that breaks its contract.</summary>
    public static readonly ErrorCode StrategyFailed = new("MH4002", "A strategy broke its contract");

    /// <summary>A merge that needs more memory than it may take.</summary>
    public static readonly ErrorCode MemoryBudget = new("MH4003", "A merge needs more memory than it may take");

    /// <summary>A result that holds NaN or infinities.</summary>
    public static readonly ErrorCode NonFinite = new("MH4004", "A result holds NaN or infinities");

    /// <summary>A scorer that breaks its contract.</summary>
    public static readonly ErrorCode ScorerFailed = new("MH4005", "A scorer broke its contract");

    /// <summary>A model that takes part in a merge and changes none of its tensors.</summary>
    public static readonly ErrorCode ModelUnchanged = new("MH4006", "A model changes nothing");

    /// <summary>A builder that has no plan for these models or options.</summary>
    public static readonly ErrorCode BuildRefused = new("MH4007", "A builder refuses the models or what is asked of it");

    /// <summary>An output folder that is not empty.</summary>
    public static readonly ErrorCode OutputExists = new("MH5001", "The output folder is not empty");

    /// <summary>Not enough room on the disk.</summary>
    public static readonly ErrorCode DiskFull = new("MH5002", "There is not enough room on the disk");

    /// <summary>An output that would overwrite one of its inputs.</summary>
    public static readonly ErrorCode OutputIsInput = new("MH5003", "The output would overwrite an input");

    /// <summary>An output that is not what its manifest says.</summary>
    public static readonly ErrorCode VerifyFailed = new("MH5004", "An output is not what its manifest says");

    /// <summary>An unfinished output of another merge.</summary>
    public static readonly ErrorCode OtherMerge = new("MH5005", "The folder holds another merge's unfinished output");

    /// <summary>An output folder that another process is writing.</summary>
    public static readonly ErrorCode OutputLocked = new("MH5006", "Another process is writing this output");

    /// <summary>A file that cannot be written.</summary>
    public static readonly ErrorCode WriteFailed = new("MH5007", "A file cannot be written");

    /// <summary>A folder without a manifest: nothing tells what it should hold.</summary>
    public static readonly ErrorCode NoManifest = new("MH5008", "The folder has no readable manifest");

    /// <summary>An address that cannot be listened at: another program may do so already.</summary>
    public static readonly ErrorCode AddressUnavailable = new("MH5009", "An address cannot be listened at");

    /// <summary>A file, or the name of one, where a folder is written.</summary>
    public static readonly ErrorCode OutputNotFolder = new("MH5010", "The output must be a folder");

    /// <summary>Parts of an output, or what must be known before them, that are not there yet, or are damaged.</summary>
    public static readonly ErrorCode PartsMissing = new("MH5011", "Parts of an output are not finished");

    /// <summary>Parts in an output's folder that are of another merge, or of another number.</summary>
    public static readonly ErrorCode OtherParts = new("MH5012", "The folder holds parts of another merge");

    /// <summary>An output that cannot be made in parts, since it is one file.</summary>
    public static readonly ErrorCode NotInParts = new("MH5013", "The output cannot be made in parts");

    /// <summary>Jobs that Slurm does not take.</summary>
    public static readonly ErrorCode JobsRefused = new("MH5014", "Slurm does not take the jobs");

    /// <summary>A suite of tasks that cannot be read, or holds none.</summary>
    public static readonly ErrorCode BadSuite = new("MH6001", "A suite of tasks cannot be used");

    /// <summary>Data of a task that cannot be read, or is not what the benchmark needs.</summary>
    public static readonly ErrorCode BadTaskData = new("MH6002", "A task's data cannot be used");

    /// <summary>A checkpoint that a benchmark cannot run.</summary>
    public static readonly ErrorCode CheckpointNotRunnable = new("MH6003", "A benchmark cannot run this checkpoint");

    /// <summary>A tokenizer that cannot be read to the letter.</summary>
    public static readonly ErrorCode TokenizerNotSupported = new("MH6004", "A tokenizer is of a kind that is not supported");

    /// <summary>A model that is not in the cache, while the hub may not be asked.</summary>
    public static readonly ErrorCode HubOffline = new("MH7001", "A model is not in the cache, and the hub may not be asked");

    /// <summary>No answer from the hub, also after several tries.</summary>
    public static readonly ErrorCode HubUnreachable = new("MH7002", "The hub does not answer");

    /// <summary>A model, revision or file that the hub does not have or does not show.</summary>
    public static readonly ErrorCode HubNotFound = new("MH7003", "The hub has no such model, revision or file");

    /// <summary>A model that is gated, private or disabled, or a token that is not accepted.</summary>
    public static readonly ErrorCode HubDenied = new("MH7004", "The hub does not give a model");

    /// <summary>An address that must not be followed.</summary>
    public static readonly ErrorCode HubAddress = new("MH7005", "The hub sends us where we must not go");

    /// <summary>An answer that contradicts itself, the listing or what was asked for.</summary>
    public static readonly ErrorCode HubAnswer = new("MH7006", "The hub's answer is not what was asked for");

    /// <summary>Bytes, fetched or cached, with another digest than the listing says.</summary>
    public static readonly ErrorCode HubDamaged = new("MH7007", "A file of the hub has another digest than its listing says");

    /// <summary>A name that leads out of its folder, or is the same as another on some systems.</summary>
    public static readonly ErrorCode HubName = new("MH7008", "A file name of the hub must not become a path");

    /// <summary>A cache that cannot be read or written, or has no room.</summary>
    public static readonly ErrorCode HubCache = new("MH7009", "The hub's cache cannot be read or written");

    /// <summary>Front matter of a card that the hub does not take.</summary>
    public static readonly ErrorCode HubCard = new("MH7010", "The hub does not take the model card");

    /// <summary>An output that is not to be put into a store: not verified, or under a licence that its models' contradict.</summary>
    public static readonly ErrorCode PublishRefused = new("MH7011", "What is to be pushed must not be as it is");

    /// <summary>A name that no store takes for what is asked.</summary>
    public static readonly ErrorCode NoStore = new("MH7012", "No installed store does what is asked");

    /// <summary>Files that were read by ranges, and not whole and in order.</summary>
    public static readonly ErrorCode NotCompared = new("MH7013", "A file of a store was not compared with its digest");

    /// <summary>All codes, in order.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        .. typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => field.GetValue(null)).OfType<ErrorCode>().OrderBy(code => code.Id, StringComparer.Ordinal),
    ];
}
