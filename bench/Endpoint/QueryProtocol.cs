using System.Globalization;
using System.Net;
using System.Text;

namespace LoginEtl.Bench.Endpoint;

/// <summary>The legacy Query protocol: a form is asked, XML is answered.</summary>
internal static class QueryProtocol
{
    /// <param name="path">Names the queue where the form does not.</param>
    /// <param name="form">Its parameters.</param>
    public static SqsCall Read(string path, ReadOnlySpan<byte> form)
    {
        var call = new SqsCall { Queue = path.Split('/')[^1] };
        var one = new SqsEntry();
        foreach (var pair in Encoding.UTF8.GetString(form).Split('&'))
        {
            var cut = pair.IndexOf('=', StringComparison.Ordinal);
            if (cut > 0)
            {
                Put(call, one, pair[..cut], WebUtility.UrlDecode(pair[(cut + 1)..]));
            }
        }

        if (call.Entries.Count == 0 && (one.Receipt is not null || one.Body.Length > 0))
        {
            call.Entries.Add(one);
        }

        return call;
    }

    /// <summary>The whole answer, ready to be sent.</summary>
    public static ReadOnlySpan<byte> Write(string operation, SqsAnswer answer, Uri endpoint, AnswerBuffer to)
    {
        to.Begin();
        if (answer is RefusedAnswer refused)
        {
            to.Add("<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type><Code>"u8)
                .Add(refused.QueryCode).Add("</Code><Message>Refused.</Message></Error></ErrorResponse>"u8);
            return to.Finish("400 Bad Request"u8, "text/xml"u8);
        }

        to.Add("<"u8).Add(operation).Add("Response xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><"u8).Add(operation).Add("Result>"u8);
        WriteResult(operation, answer, endpoint, to);
        to.Add("</"u8).Add(operation).Add("Result><ResponseMetadata><RequestId>"u8).Add(Guid.NewGuid())
            .Add("</RequestId></ResponseMetadata></"u8).Add(operation).Add("Response>"u8);
        return to.Finish("200 OK"u8, "text/xml"u8);
    }

    private static void Put(SqsCall call, SqsEntry one, string name, string value)
    {
        var parts = name.Split('.');
        switch (parts)
        {
            case ["Action"]:
                call.Operation = value;
                break;
            case ["QueueUrl" or "QueueName"]:
                call.Queue = value.Split('/')[^1];
                break;
            case ["MaxNumberOfMessages"]:
                call.MaxMessages = Number(value);
                break;
            case ["WaitTimeSeconds"]:
                call.WaitSeconds = Number(value);
                break;
            case ["VisibilityTimeout"]:
                call.VisibilitySeconds = one.VisibilitySeconds = Number(value);
                break;
            case ["AttributeName" or "MessageSystemAttributeName", _]:
                call.Names.Add(value);
                break;
            case ["Attribute", var index, "Name"]:
                // Its value comes next, under the same index.
                call.Attributes["." + index] = value;
                break;
            case ["Attribute", var index, "Value"] when call.Attributes.Remove("." + index, out var attribute):
                call.Attributes[attribute] = value;
                break;
            case [_, var index, var field] when Number(index) is > 0 and <= 100 and var place:
                while (call.Entries.Count < place)
                {
                    call.Entries.Add(new SqsEntry());
                }

                Put(call.Entries[place - 1], field, value);
                break;
            default:
                Put(one, name, value);
                break;
        }
    }

    private static void Put(SqsEntry entry, string field, string value)
    {
        switch (field)
        {
            case "Id":
                entry.Id = value;
                break;
            case "ReceiptHandle":
                entry.Receipt = Receipt.Read(Encoding.UTF8.GetBytes(value));
                break;
            case "MessageBody":
                entry.Body = value;
                break;
            case "VisibilityTimeout":
                entry.VisibilitySeconds = Number(value);
                break;
        }
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static void WriteResult(string operation, SqsAnswer answer, Uri endpoint, AnswerBuffer to)
    {
        switch (answer)
        {
            case UrlAnswer url:
                to.Add("<QueueUrl>"u8).Add(SqsEndpoint.QueueUrl(endpoint, url.Queue)).Add("</QueueUrl>"u8);
                break;
            case AttributesAnswer { Attributes: var attributes }:
                foreach (var (name, value) in attributes)
                {
                    WriteAttribute(name, value, to);
                }

                break;
            case MessagesAnswer messages:
                messages.Messages.ForEach(m => WriteMessage(m, messages.Call, to));
                break;
            case SentAnswer { Message: var sent }:
                WriteSent(sent, to);
                break;
            case BatchAnswer batch:
                foreach (var result in batch.Results)
                {
                    WriteResult(operation, result, to);
                }

                break;
        }
    }

    private static void WriteMessage(ReceivedCopy copy, SqsCall call, AnswerBuffer to)
    {
        var message = copy.Message;
        to.Add("<Message><MessageId>"u8).Add(message.Id).Add("</MessageId><ReceiptHandle>"u8).AddHandle(copy.Receipt)
            .Add("</ReceiptHandle><MD5OfBody>"u8).Add(message.Body.Md5).Add("</MD5OfBody><Body>"u8).Add(message.Body.Xml).Add("</Body>"u8);
        (string Name, long Value)[] attributes =
        [
            ("SentTimestamp", message.Sent.ToUnixTimeMilliseconds()),
            ("ApproximateReceiveCount", copy.ReceiveCount),
            ("ApproximateFirstReceiveTimestamp", message.FirstReceived.ToUnixTimeMilliseconds()),
        ];
        foreach (var (name, value) in attributes.Where(a => call.Asks(a.Name)))
        {
            WriteAttribute(name, value.ToString(CultureInfo.InvariantCulture), to);
        }

        to.Add("</Message>"u8);
    }

    private static void WriteAttribute(string name, string value, AnswerBuffer to) =>
        to.Add("<Attribute><Name>"u8).Add(name).Add("</Name><Value>"u8).Add(value).Add("</Value></Attribute>"u8);

    private static void WriteSent(StoredMessage sent, AnswerBuffer to) =>
        to.Add("<MessageId>"u8).Add(sent.Id).Add("</MessageId><MD5OfMessageBody>"u8).Add(sent.Body.Md5).Add("</MD5OfMessageBody>"u8);

    private static void WriteResult(string operation, BatchResult result, AnswerBuffer to)
    {
        var element = result.Refused is null ? operation + "ResultEntry" : "BatchResultErrorEntry";
        to.Add("<"u8).Add(element).Add("><Id>"u8).Add(WebUtility.HtmlEncode(result.Id)).Add("</Id>"u8);
        if (result.Refused is { } code)
        {
            to.Add("<SenderFault>true</SenderFault><Code>"u8).Add(code).Add("</Code><Message>Refused.</Message>"u8);
        }
        else if (result.Sent is { } sent)
        {
            WriteSent(sent, to);
        }

        to.Add("</"u8).Add(element).Add(">"u8);
    }
}
