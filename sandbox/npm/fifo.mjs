const MOST = 10;

/**
 * SQS gives several messages of a group in one answer, in their order, and more of it only when those are deleted or
 * visible again; fauxqs gives one, and what became visible again in the order in which it did.
 */
export function giveGroupsAsAws(queueClass) {
  const giveOne = queueClass.prototype.dequeueFifo;
  queueClass.prototype.dequeueFifo = function (atMost, ...others) {
    this.processTimers();
    for (const messages of this.fifoMessages.values()) {
      messages.sort((a, b) => (a.sequenceNumber < b.sequenceNumber ? -1 : 1));
    }

    // What is given for no time at all comes again in the next answer, and not in this one.
    this.processTimers = () => {};
    try {
      const given = [];
      let group;
      while (given.length < Math.min(atMost, MOST)) {
        const next = giveFrom(this, group) ?? giveOne.call(this, 1, ...others)[0];
        if (!next) break;
        given.push(next);
        group = groupOf(this, next);
      }
      return given;
    } finally {
      delete this.processTimers;
    }

    /** The next of the group, past the lock that the first of it has set; nothing when there is none. */
    function giveFrom(queue, group) {
      if (!queue.fifoMessages.has(group)) return undefined;
      // It looks at the groups one after the other.
      queue.fifoMessages = new Map([[group, queue.fifoMessages.get(group)], ...queue.fifoMessages]);
      const locks = queue.fifoLockedGroups.get(group);
      queue.fifoLockedGroups.delete(group);
      const [next] = giveOne.call(queue, 1, ...others);
      // Of another one when the rest of this one has moved to the dead letters.
      queue.fifoLockedGroups.set(group, next && groupOf(queue, next) === group ? locks + 1 : locks);
      return next;
    }
  };
}

function groupOf(queue, given) {
  return queue.inflightMessages.get(given.ReceiptHandle).message.messageGroupId;
}
