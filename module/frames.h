/* SPDX-License-Identifier: GPL-2.0 */
/* FRAME_GET: page frames by their numbers. */
#ifndef MMLENS_FRAMES_H
#define MMLENS_FRAMES_H

int mmlens_frames_init(void);
void mmlens_frames_exit(void);

#endif /* MMLENS_FRAMES_H */
