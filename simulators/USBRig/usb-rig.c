// USB devices without hardware: runs a program in an umockdev testbed and is the bus for it.
//
// Called as `umockdev-wrapper usb-rig PROGRAM ARGUMENTS…`. Lines on standard input, hex without spaces:
//   plug PLACE NUMBER VENDOR PRODUCT SERIAL CLASS SUBCLASS PROTOCOL DESCRIPTORS REPORT-DESCRIPTOR TITLE…
//   unplug PLACE
//   in PLACE ENDPOINT BYTES          a packet for whoever asks at that endpoint
// Lines on standard output: `out PLACE ENDPOINT BYTES`, `claimed PLACE`, `released PLACE`, `detached PLACE`, `ended CODE`.
// SERIAL and REPORT-DESCRIPTOR may be `-`.
#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>

enum { LIMIT = 8, REPORT = 4096, LINE = 32768 };

typedef struct {
    char place[32], path[128], node[64], hid[32];
    unsigned char report[REPORT];
    unsigned report_length, number;
    gboolean present, kernel_driver;
    GQueue packets;   // GBytes with the endpoint in front, waiting for somebody who asks
    GList *flying;    // UMockdevIoctlData of URBs that wait for a packet
    GList *done;      // and of those to be reaped
    UMockdevIoctlBase *handler;
} Device;

static UMockdevTestbed *testbed;
static Device devices[LIMIT];
static GMutex lock;

static void say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
    fflush(stdout);
}

static unsigned from_hex(const char *text, unsigned char *out, unsigned limit) {
    unsigned count = 0;
    for (unsigned value; count < limit && sscanf(text + 2 * count, "%2x", &value) == 1; count++) out[count] = value;
    return count;
}

static struct usbdevfs_urb *urb_of(UMockdevIoctlData *data) { return (struct usbdevfs_urb *)data->data; }

// Gives waiting packets to waiting requests; called with the lock held.
static void settle(Device *device) {
    for (GList *item = device->flying; item;) {
        GList *next = item->next;
        UMockdevIoctlData *data = item->data;
        struct usbdevfs_urb *urb = urb_of(data);
        GList *found = NULL;
        for (GList *packet = device->packets.head; packet && !found; packet = packet->next)
            if (*(unsigned char *)g_bytes_get_data(packet->data, NULL) == urb->endpoint) found = packet;
        if (found || !device->present) {
            if (found) {
                gsize size;
                const unsigned char *bytes = g_bytes_get_data(found->data, &size);
                unsigned count = MIN(size - 1, (unsigned)urb->buffer_length);
                UMockdevIoctlData *buffer = umockdev_ioctl_data_resolve(
                    data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), urb->buffer_length, NULL);
                memcpy(buffer->data, bytes + 1, count);
                umockdev_ioctl_data_unref(buffer);
                urb->actual_length = count;
                urb->status = 0;
                g_bytes_unref(found->data);
                g_queue_delete_link(&device->packets, found);
            } else {
                urb->status = -ENODEV;
            }
            device->flying = g_list_delete_link(device->flying, item);
            device->done = g_list_append(device->done, data);
        }
        item = next;
    }
}

// A request with its setup packet in front of the data.
static void control(Device *device, struct usbdevfs_urb *urb, unsigned char *bytes) {
    unsigned length = bytes[6] | bytes[7] << 8;
    urb->status = 0;
    if (bytes[0] == 0x81 && bytes[1] == 6 && bytes[3] == 0x22) {
        urb->actual_length = MIN(length, device->report_length);
        memcpy(bytes + 8, device->report, urb->actual_length);
    } else if (bytes[0] & 0x80) {
        urb->status = -EPIPE;
    } else {
        urb->actual_length = length;
    }
}

static void submit(Device *device, UMockdevIoctlClient *client, UMockdevIoctlData *argument) {
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_urb), NULL);
    struct usbdevfs_urb *urb = urb_of(data);
    UMockdevIoctlData *buffer =
        umockdev_ioctl_data_resolve(data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), urb->buffer_length, NULL);
    if (!device->present) {
        umockdev_ioctl_client_complete(client, -1, ENODEV);
        return;
    }
    if (urb->type == USBDEVFS_URB_TYPE_CONTROL) {
        control(device, urb, buffer->data);
        device->done = g_list_append(device->done, data);
    } else if (urb->endpoint & 0x80) {
        device->flying = g_list_append(device->flying, data);
        settle(device);
    } else {
        char text[LINE] = "";
        for (int i = 0; i < urb->buffer_length && i < LINE / 2 - 1; i++) sprintf(text + 2 * i, "%02X", buffer->data[i]);
        say("out %s %02X %s", device->place, urb->endpoint, text);
        urb->actual_length = urb->buffer_length;
        urb->status = 0;
        device->done = g_list_append(device->done, data);
    }
    umockdev_ioctl_data_unref(buffer);
    umockdev_ioctl_client_complete(client, 0, 0);
}

static void reap(Device *device, UMockdevIoctlClient *client, UMockdevIoctlData *argument) {
    if (!device->done) {
        umockdev_ioctl_client_complete(client, -1, device->present ? EAGAIN : ENODEV);
        return;
    }
    UMockdevIoctlData *data = device->done->data;
    device->done = g_list_delete_link(device->done, device->done);
    UMockdevIoctlData *pointer = umockdev_ioctl_data_resolve(argument, 0, sizeof(gpointer), NULL);
    umockdev_ioctl_data_set_ptr(pointer, 0, data);
    umockdev_ioctl_client_complete(client, 0, 0);
    umockdev_ioctl_data_unref(pointer);
    umockdev_ioctl_data_unref(data);
}

static void discard(Device *device, UMockdevIoctlClient *client, UMockdevIoctlData *argument) {
    for (GList *item = device->flying; item; item = item->next) {
        UMockdevIoctlData *data = item->data;
        if (data->client_addr != *(gulong *)argument->data) continue;
        urb_of(data)->status = -ENOENT;
        device->flying = g_list_delete_link(device->flying, item);
        device->done = g_list_append(device->done, data);
        umockdev_ioctl_client_complete(client, 0, 0);
        return;
    }
    umockdev_ioctl_client_complete(client, -1, EINVAL);
}

static void driver(Device *device, UMockdevIoctlClient *client, UMockdevIoctlData *argument) {
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_ioctl), NULL);
    struct usbdevfs_ioctl *command = (struct usbdevfs_ioctl *)data->data;
    gboolean detach = command->ioctl_code == (int)USBDEVFS_DISCONNECT;
    if (detach != device->kernel_driver) {
        umockdev_ioctl_client_complete(client, -1, ENODATA);
    } else {
        device->kernel_driver = !detach;
        say("%s %s", detach ? "detached" : "attached", device->place);
        umockdev_ioctl_client_complete(client, 0, 0);
    }
    umockdev_ioctl_data_unref(data);
}

static gboolean handle(UMockdevIoctlBase *base, UMockdevIoctlClient *client, Device *device) {
    gulong request = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client);
    g_mutex_lock(&lock);
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES: {
        UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, 4, NULL);
        *(guint32 *)data->data = USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        umockdev_ioctl_client_complete(client, 0, 0);
        umockdev_ioctl_data_unref(data);
        break;
    }
    case USBDEVFS_CONNECTINFO: {
        UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_connectinfo), NULL);
        *(struct usbdevfs_connectinfo *)data->data = (struct usbdevfs_connectinfo){.devnum = device->number};
        umockdev_ioctl_client_complete(client, 0, 0);
        umockdev_ioctl_data_unref(data);
        break;
    }
    case USBDEVFS_GETDRIVER:
        if (device->kernel_driver) {
            UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_getdriver), NULL);
            strcpy(((struct usbdevfs_getdriver *)data->data)->driver, "usbhid");
            umockdev_ioctl_client_complete(client, 0, 0);
            umockdev_ioctl_data_unref(data);
        } else {
            umockdev_ioctl_client_complete(client, -1, ENODATA);
        }
        break;
    case USBDEVFS_CLAIMINTERFACE:
        say("claimed %s", device->place);
        umockdev_ioctl_client_complete(client, device->kernel_driver ? -1 : 0, device->kernel_driver ? EBUSY : 0);
        break;
    case USBDEVFS_RELEASEINTERFACE:
        say("released %s", device->place);
        umockdev_ioctl_client_complete(client, 0, 0);
        break;
    case USBDEVFS_IOCTL: driver(device, client, argument); break;
    case USBDEVFS_SUBMITURB: submit(device, client, argument); break;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY: reap(device, client, argument); break;
    case USBDEVFS_DISCARDURB: discard(device, client, argument); break;
    case USBDEVFS_CLEAR_HALT:
    case USBDEVFS_RESET: umockdev_ioctl_client_complete(client, 0, 0); break;
    default: umockdev_ioctl_client_complete(client, -1, ENOTTY);
    }
    g_mutex_unlock(&lock);
    return TRUE;
}

static Device *named(const char *place, gboolean free) {
    for (int i = 0; i < LIMIT; i++)
        if (free ? !devices[i].place[0] : !strcmp(devices[i].place, place)) return &devices[i];
    return NULL;
}

static void plug(char *line) {
    char place[32], serial[64], descriptors[2048], report[2 * REPORT + 1];
    unsigned number, vendor, product, class, subclass, protocol;
    int rest = 0;
    if (sscanf(line, "plug %31s %u %x %x %63s %x %x %x %2047s %8192s %n", place, &number, &vendor, &product, serial, &class,
               &subclass, &protocol, descriptors, report, &rest) < 10)
        return say("not understood");
    g_mutex_lock(&lock);
    Device *device = named(place, FALSE);
    if (!device) device = named(place, TRUE);
    if (!device) g_error("too many devices");
    strcpy(device->place, place);
    device->number = number;
    device->present = device->kernel_driver = TRUE;
    device->report_length = strcmp(report, "-") ? from_hex(report, device->report, REPORT) : 0;
    snprintf(device->path, sizeof device->path, "/sys/devices/pci0000:00/usb1/%s", place);
    snprintf(device->node, sizeof device->node, "/dev/bus/usb/001/%03u", number);
    g_mutex_unlock(&lock);
    char *text = g_strdup_printf(
        "P: /devices/pci0000:00/usb1/%s\nN: bus/usb/001/%03u=%s\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: BUSNUM=001\n"
        "E: DEVNUM=%03u\nA: busnum=1\nA: devnum=%u\nA: devpath=%s\nA: speed=12\nA: bConfigurationValue=1\nA: idVendor=%04x\n"
        "A: idProduct=%04x\nA: product=%s\n%s%s%sH: descriptors=%s\n\n"
        "P: /devices/pci0000:00/usb1/%s/%s:1.0\nE: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\nA: bInterfaceClass=%02x\n"
        "A: bInterfaceSubClass=%02x\nA: bInterfaceProtocol=%02x\nA: bInterfaceNumber=00\n\n",
        place, number, descriptors, number, number, strchr(place, '-') ? strchr(place, '-') + 1 : place, vendor, product, line + rest,
        strcmp(serial, "-") ? "A: serial=" : "", strcmp(serial, "-") ? serial : "", strcmp(serial, "-") ? "\n" : "",
        descriptors, place, place, class, subclass, protocol);
    GError *error = NULL;
    if (!umockdev_testbed_add_from_string(testbed, text, &error)) g_error("%s", error->message);
    g_free(text);
    if (device->report_length) {
        snprintf(device->hid, sizeof device->hid, "0003:%04X:%04X.%04X", vendor, product, number);
        char *folder = g_strdup_printf(
            "P: /devices/pci0000:00/usb1/%s/%s:1.0/%s\nE: SUBSYSTEM=hid\nH: report_descriptor=%s\n\n", place, place,
            device->hid, report);
        umockdev_testbed_add_from_string(testbed, folder, NULL);
        g_free(folder);
    }
    device->handler = umockdev_ioctl_base_new();
    g_signal_connect(device->handler, "handle-ioctl", G_CALLBACK(handle), device);
    if (!umockdev_testbed_attach_ioctl(testbed, device->node, device->handler, &error)) g_error("%s", error->message);
    umockdev_testbed_uevent(testbed, device->path, "add");
    say("plugged %s", place);
}

static void forget(const char *bus, char *name) {
    char *entry = g_strdup_printf("%s/bus/%s/devices/%s", umockdev_testbed_get_sys_dir(testbed), bus, name);
    unlink(entry);
    g_free(entry);
    g_free(name);
}

static void unplug(char *place) {
    Device *device = named(place, FALSE);
    if (!device) return say("not understood");
    g_mutex_lock(&lock);
    device->present = FALSE;
    settle(device);
    g_mutex_unlock(&lock);
    umockdev_testbed_uevent(testbed, device->path, "remove");
    // The last requests are answered before the node goes.
    g_usleep(100000);
    umockdev_testbed_detach_ioctl(testbed, device->node, NULL);
    umockdev_testbed_remove_device(testbed, device->path);
    // umockdev leaves the entries of what was inside behind, and stumbles over them when the device comes back.
    forget("usb", g_strdup_printf("%s:1.0", place));
    forget("hid", g_strdup(device->hid));
    g_queue_clear_full(&device->packets, (GDestroyNotify)g_bytes_unref);
    say("unplugged %s", place);
}

static void packet(char *line) {
    char place[32], text[LINE];
    unsigned endpoint;
    unsigned char bytes[LINE / 2];
    if (sscanf(line, "in %31s %x %32767s", place, &endpoint, text) != 3) return say("not understood");
    Device *device = named(place, FALSE);
    if (!device) return;
    bytes[0] = endpoint;
    unsigned count = 1 + from_hex(text, bytes + 1, sizeof bytes - 1);
    g_mutex_lock(&lock);
    g_queue_push_tail(&device->packets, g_bytes_new(bytes, count));
    settle(device);
    g_mutex_unlock(&lock);
}

static gpointer read_lines(gpointer unused) {
    static char line[LINE];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "plug ", 5)) plug(line);
        else if (!strncmp(line, "unplug ", 7)) unplug(line + 7);
        else if (!strncmp(line, "in ", 3)) packet(line);
    }
    return NULL;
}

int main(int count, char **words) {
    if (count < 2) return fprintf(stderr, "usb-rig PROGRAM ARGUMENTS…\n"), 2;
    testbed = umockdev_testbed_new();
    say("ready");
    pid_t child = fork();
    if (child == 0) {
        execv(words[1], words + 1);
        _exit(127);
    }
    g_thread_new("lines", read_lines, NULL);
    int status = 0;
    waitpid(child, &status, 0);
    // Its folder goes with it.
    g_object_unref(testbed);
    say("ended %d", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 0;
}
