using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
namespace MergeHost.Running.Tensors;

/// <summary>The making of packed tensors that share a scale: all are made once to be measured, and once more to be written.</summary>
internal sealed class MeasuredGroupTask(IReadOnlyList<TensorTask> members) : ITensorTask
{
    private int _member;
    private bool _isWriting;

    public IReadOnlyList<TensorRecord> Records => [.. members.SelectMany(member => member.Records)];

    public ITensorPhase? Phase => members[_member].Phase;

    public long NeededBytes => members.Sum(member => member.NeededBytes);

    public void Begin() => members[0].Begin();

    public void Advance(BlockWorker worker)
    {
        members[_member].Advance(worker);
        while (members[_member].Phase is null && !(_isWriting && _member == members.Count - 1))
        {
            Turn();
        }
    }

    private void Turn()
    {
        _isWriting |= _member == members.Count - 1;
        _member = (_member + 1) % members.Count;
        if (_isWriting)
        {
            members[_member].Repeat();
        }
        else
        {
            members[_member].Begin();
        }
    }
}
