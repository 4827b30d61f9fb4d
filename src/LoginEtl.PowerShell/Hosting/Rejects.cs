using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>A rejected message is data: one warning where it was rejected, never an error.</summary>
internal static class Rejects
{
    public static void Warn(LoginCmdlet cmdlet, IncomingLogin login)
    {
        if (login is RejectedLogin reject)
        {
            Warn(cmdlet, reject.MessageId, reject.GetRejection());
        }
    }

    public static void Warn(LoginCmdlet cmdlet, string messageId, Rejection rejection) =>
        cmdlet.WriteWarning(BatchText.Rejected(new RefusedRow(messageId, rejection)));
}
