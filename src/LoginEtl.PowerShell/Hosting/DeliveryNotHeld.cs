using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>The error for a message that can no longer be settled here.</summary>
internal static class DeliveryNotHeld
{
    public static LoginEtlException Of(IDelivered login) => login.GetDelivery() is QueueDelivery
        ? new LoginEtlException(
            ErrorId.DeliveryNotHeld,
            $"Message {login.MessageId} is no longer held: it has been settled, or its pipeline has ended and it went back to the queue. Others may be so, too: a receipt counts them (NotHeld).",
            "Nothing is lost. Receive, protect and settle in one pipeline, or receive with -Hold.")
        : new LoginEtlException(
            ErrorId.DeliveryNotFromQueue,
            $"Message {login.MessageId} came from no queue, so there is nothing to settle.",
            "Leave out what came from text.");
}
